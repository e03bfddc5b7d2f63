import { uuidv7 } from 'uuidv7'
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
  const saved = session.save(writes({ accountsNew: [accountRow('new'), accountRow('old')] }))
  await expect(saved).rejects.toMatchObject({ code: 'CONFLICT' })
  return session
}

describe('a transaction', () => {
  it('that is the victim of a deadlock can only be rolled back, and says so at COMMIT', async () => {
    await using lab = await openLab()
    const { left, right } = await facing(lab.storage)
    const crossed = await Promise.allSettled([
      left.load(accounts('right'), 'wait'),
      right.load(accounts('left'), 'wait'),
    ])
    expect(crossed.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: 'CONFLICT' } }])
    const [victim, survivor] = crossed[0].status === 'rejected' ? [left, right] : [right, left]
    await expect(victim.save(writes({ accountsNew: [accountRow('ghost')] }))).rejects.toMatchObject({
      code: 'DATABASE',
    })
    await expect(victim.commit(null, [])).rejects.toMatchObject({ code: 'DATABASE' })
    await survivor.commit(null, [])
    expect(await lab.storage.fetch([{ app: 'farm', user: 'ghost', items: null, hasSerials: false }])).toMatchObject([
      { version: 0n },
    ])
  })

  it('commits nothing after a save that failed', async () => {
    await using lab = await openLab()
    const session = await halfSaved(lab.storage)
    await expect(session.commit(null, [])).rejects.toMatchObject({ code: 'DATABASE' })
    expect(await lab.storage.fetch([{ app: 'farm', user: 'new', items: null, hasSerials: false }])).toMatchObject([
      { version: 0n },
    ])
  })

  it('commits after a save that failed when it is rolled back to the savepoint before', async () => {
    await using lab = await openLab()
    const session = await halfSaved(lab.storage)
    await session.restore(1)
    await session.save(writes({ accountsNew: [accountRow('whole')] }))
    await session.commit(null, [])
    const users = ['new', 'whole']
    const answers = await lab.storage.fetch(
      users.map((user) => ({ app: 'farm', user, items: null, hasSerials: false })),
    )
    expect(answers.map(({ version }) => version)).toEqual([0n, 1n])
  })

  it('notes its commit again when the note went with a savepoint, and once only', async () => {
    await using lab = await openLab()
    const id = uuidv7()
    const session = await lab.storage.begin()
    await session.savepoint(1)
    await session.savepoint(2)
    await session.save(writes({ accountsNew: [accountRow('a')] }, id))
    await session.release(2)
    await session.save(writes({ accountsNew: [accountRow('b')] }, id))
    await session.restore(1)
    await session.save(writes({ accountsNew: [accountRow('c')] }, id))
    await session.savepoint(1)
    await session.save(writes({ accountsNew: [accountRow('d')] }, id))
    await session.restore(1)
    await session.commit(id, [])
    expect(await lab.probe.query('SELECT user_id FROM farm_stockpile_account')).toEqual(['c'])
    expect(await lab.probe.query('SELECT id FROM stockpile_commit')).toEqual([id])
  })

  it('sees its own writes and nobody else’s until it is committed', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await session.save(writes({ accountsNew: [accountRow('u')], holdingsNew: [holdingRow('u', 'egg', 3n)] }))
    const query = [{ app: 'farm', user: 'u', items: ['egg'], hasSerials: false }]
    expect(await session.fetch(query)).toMatchObject([{ version: 1n, holdings: [{ quantity: 3n }] }])
    expect(await lab.storage.fetch(query)).toEqual([{ version: 0n, holdings: [], serials: [] }])
    await session.commit(null, [])
    expect(await lab.storage.fetch(query)).toMatchObject([{ version: 1n, holdings: [{ quantity: 3n }] }])
  })

  it('waits for a locked account no longer than lockWaitMs', async () => {
    await using lab = await openLab({ lockWaitMs: 50 })
    const { left, right } = await facing(lab.storage)
    await expect(left.load(accounts('right'), 'wait')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    await left.rollback()
    await right.rollback()
  })

  it('is over after its end', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await session.rollback()
    await session.rollback()
    await expect(session.load(accounts('left'), 'wait')).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
    await expect(session.savepoint(1)).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
    await expect(session.commit(null, [])).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
  })

  it('leaves negative quantities to CHECK, which refuses them', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await expect(session.save(writes({ holdingsNew: [holdingRow('u', 'egg', -1n)] }))).rejects.toMatchObject({
      code: 'DATABASE',
    })
    await session.rollback()
  })
})

describe('a batch', () => {
  it('waits no longer than a moment for an account that somebody else is making', async () => {
    await using lab = await openLab({ lockWaitMs: 60_000 })
    const session = await lab.storage.begin()
    await session.save(writes({ accountsNew: [accountRow('being made')] }))
    const batch = settle(lab.storage, [deal([change('add', 'being made', 'egg', 1n)])])
    await expect(batch).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    await session.rollback()
  })

  it('conflicts with somebody else who made its account in the meantime', async () => {
    await using lab = await openLab()
    const session = await lab.storage.begin()
    await session.save(writes({ accountsNew: [accountRow('u')] }))
    const batch = settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])], 'wait')
    const waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await expect.poll(() => lab.probe.query(waiting)).toEqual(['1'])
    await session.commit(null, [])
    await expect(batch).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBeUndefined()
  })

  it('keeps 64 bits to the last digit', async () => {
    await using lab = await openLab()
    for (const amount of [9_007_199_254_740_993n, 2n ** 63n - 1n, 2n ** 63n - 2n, 1n]) {
      await settle(lab.storage, [deal([change('set', 'u', 'egg', amount)])])
      expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(amount)
    }
  })

  it('keeps data and keys with every character that they may have', async () => {
    await using lab = await openLab()
    const odd = '{}"\\,NULL \u0000 \ud800 😀'
    const kept = deal([change('add', 'u', 'egg', 1n)], { data: { odd }, key: '{"\\,NULL}' })
    await settle(lab.storage, [kept])
    const query = { app: 'farm', user: 'u', item: null, deal: null, since: null, until: null, before: null, limit: 9 }
    const [row] = await lab.storage.entries(query)
    expect(JSON.parse(row?.data ?? '')).toEqual({ odd })
    const again = { ...kept, id: uuidv7() }
    expect(await settle(lab.storage, [again])).toMatchObject([{ isReplay: true, deal: kept.id }])
  })
})
