import { describe, expect, it } from 'vitest'
import type { Session, Storage } from '../../src/storage/contract.ts'
import { accountRow, accounts, change, deal, holdingRow, quantityOf, settle, writes } from '../storage/farm.ts'
import { facing } from '../storage/facing.ts'
import { openLab } from './open-lab.ts'

/** A transaction in which a save has failed after savepoint 1, since one of its new accounts was there already. */
async function halfSaved(storage: Storage): Promise<Session> {
  await settle(storage, [deal([change('add', 'old', 'egg', 1n)])])
  const session = await storage.begin()
  await session.savepoint(1)
  const holdingsNew = [holdingRow('new', 'egg', 1n)]
  const saved = session.save(writes({ accountsNew: [accountRow('new'), accountRow('old')], holdingsNew }))
  await expect(saved).rejects.toMatchObject({ code: 'CONFLICT' })
  return session
}

describe('a transaction', () => {
  it('leaves nothing behind of a save that a deadlock cut in two', async () => {
    await using lab = await openLab()
    const { left, right } = await facing(lab.storage)
    // Each save first runs into the other's lock; the server chooses a victim, and the rest of its save is still to come.
    const results = await Promise.allSettled([
      left.save(writes({ accountsChanged: [accountRow('right')], holdingsNew: [holdingRow('left', 'leak', 1n)] })),
      right.save(writes({ accountsChanged: [accountRow('left')], holdingsNew: [holdingRow('right', 'leak', 1n)] })),
    ])
    const faults = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as { code: string }] : [],
    )
    expect(faults.map(({ code }) => code)).toEqual(['CONFLICT'])
    await left.rollback()
    await right.rollback()
    expect(await quantityOf(lab.storage, 'left', 'leak')).toBeUndefined()
    expect(await quantityOf(lab.storage, 'right', 'leak')).toBeUndefined()
  })

  it('that the server has rolled back does nothing more and can’t be committed', async () => {
    await using lab = await openLab()
    const { left, right } = await facing(lab.storage)
    const crossed = await Promise.allSettled([
      left.load(accounts('right'), 'wait'),
      right.load(accounts('left'), 'wait'),
    ])
    const victim = crossed[0].status === 'rejected' ? left : right
    const survivor = victim === left ? right : left
    await expect(victim.load(accounts('left'), 'wait')).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(victim.save(writes({ accountsNew: [accountRow('ghost')] }))).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(victim.restore(1)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(victim.commit(null, [])).rejects.toMatchObject({ code: 'CONFLICT' })
    await victim.rollback()
    await survivor.commit(null, [])
  })

  it('refuses to commit half of a save', async () => {
    await using lab = await openLab()
    const session = await halfSaved(lab.storage)
    await expect(session.commit(null, [])).rejects.toMatchObject({ code: 'DATABASE' })
    expect(await quantityOf(lab.storage, 'new', 'egg')).toBeUndefined()
  })

  it('commits after half of a save when it is rolled back to the savepoint before', async () => {
    await using lab = await openLab()
    const session = await halfSaved(lab.storage)
    await session.restore(1)
    await session.save(writes({ accountsNew: [accountRow('whole')] }))
    await session.commit(null, [])
    expect(await quantityOf(lab.storage, 'new', 'egg')).toBeUndefined()
    const [whole] = await lab.storage.fetch([{ app: 'farm', user: 'whole', items: null, hasSerials: false }])
    expect(whole?.version).toBe(1n)
  })

  it('lives on after a lock timeout where the server undoes the statement alone', async () => {
    await using lab = await openLab({ lockWaitMs: 1 })
    const { left, right } = await facing(lab.storage)
    await left.save(writes({ accountsNew: [accountRow('kept')] }))
    await expect(left.load(accounts('right'), 'wait')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    await left.commit(null, [])
    await right.rollback()
    const [kept] = await lab.storage.fetch([{ app: 'farm', user: 'kept', items: null, hasSerials: false }])
    expect(kept?.version).toBe(1n)
  })

  it('is over after its end', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await session.rollback()
    await session.rollback()
    await expect(session.load(accounts('left'), 'wait')).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
    await expect(session.commit(null, [])).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
  })

  it('leaves negative quantities to CHECK, which refuses them', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await expect(session.save(writes({ holdingsNew: [holdingRow('left', 'egg', -1n)] }))).rejects.toMatchObject({
      code: 'DATABASE',
    })
    await session.rollback()
  })
})

describe('a batch', () => {
  it('waits no longer than a second for an account that somebody else is making', async () => {
    await using lab = await openLab({ lockWaitMs: 60_000 })
    const session = await lab.storage.begin()
    await session.save(writes({ accountsNew: [accountRow('being made')] }))
    const batch = settle(lab.storage, [deal([change('add', 'being made', 'egg', 1n)])])
    await expect(batch).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    await session.rollback()
  })

  it('keeps 64 bits to the last digit', async () => {
    await using lab = await openLab()
    for (const amount of [9_007_199_254_740_993n, 2n ** 63n - 1n, 2n ** 63n - 2n, 1n]) {
      await settle(lab.storage, [deal([change('set', 'u', 'egg', amount)])])
      expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(amount)
    }
    await settle(lab.storage, [deal([change('set', 'u', 'egg', 9_007_199_254_740_993n)])])
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 2n)])])
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(9_007_199_254_740_995n)
  })
})
