import { uuidv7 } from 'uuidv7'
import { describe, expect, inject, it } from 'vitest'
import type { PostgresOptions } from '../../src/storage/postgres/index.ts'
import { accountRow, change, deal, quantityOf, settle, writes } from '../storage/farm.ts'
import { proxiedLab } from '../storage/proxied-lab.ts'
import { openLab } from './open-lab.ts'

// The statement, not a part of a name, and not READ COMMITTED.
const commit = /(?<![A-Za-z_] ?)COMMIT(?![A-Za-z_])/

function openProxiedLab(options: PostgresOptions = {}): ReturnType<typeof proxiedLab> {
  const all = { outcomeWaitMs: 5_000, preparedStatements: false, ...options }
  return proxiedLab(inject('postgresUrl'), (target) => openLab(all, target))
}

describe('a COMMIT whose answer is lost', () => {
  it('is executed no more once the batch was reported as lost', async () => {
    await using lab = await openProxiedLab()
    const postponed = lab.proxy.postponeRequest(commit)
    const answer = settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    await expect(answer).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await (await postponed).deliver()
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
    expect(await lab.probe.query('SELECT count(*) FROM stockpile_commit WHERE time < 0')).toEqual(['1'])
  })

  it('is waited for while the transaction of its session still runs', async () => {
    await using lab = await openProxiedLab()
    const id = uuidv7()
    const session = await lab.storage.begin()
    await session.save(writes({ accountsNew: [accountRow('v')] }, id))
    const postponed = lab.proxy.postponeRequest(commit)
    let isAnswered = false
    const answer = session.commit(id, []).finally(() => {
      isAnswered = true
    })
    const request = await postponed
    const waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await expect.poll(() => lab.probe.query(waiting)).toEqual(['1'])
    expect(isAnswered).toBe(false)
    await request.deliver()
    await answer
    expect(await lab.probe.query("SELECT version FROM farm_stockpile_account WHERE user_id = 'v'")).toEqual(['1'])
  })

  it('is still found rolled back when the answer to the first question about it is lost too', async () => {
    await using lab = await openProxiedLab()
    const dropped = lab.proxy.dropRequest(commit)
    const askedInVain = dropped.then(() => lab.proxy.dropReplyAfter(/ON CONFLICT \(id\) DO NOTHING/))
    await expect(settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
    await askedInVain
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
  })

  it('is reported as unknown, with the deal’s id, when the server doesn’t come back', async () => {
    await using lab = await openProxiedLab({ outcomeWaitMs: 300 })
    const lost = deal([change('add', 'u', 'egg', 1n)])
    const stopped = lab.proxy.dropReplyAfter(commit).then(() => lab.proxy.stop())
    await expect(settle(lab.storage, [lost])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', deals: [lost.id] })
    await stopped
    expect(await lab.probe.query("SELECT quantity FROM farm_stockpile_holding WHERE user_id = 'u'")).toEqual(['2'])
  })
})

describe('a row of stockpile_commit', () => {
  it('goes when it is old, whether its transaction was committed or given up', async () => {
    await using lab = await openLab()
    const times = [100, -100, 200, -200, 300, -300]
    for (const time of times) {
      await lab.probe.query(`INSERT INTO stockpile_commit (id, time) VALUES ('${uuidv7()}', ${time})`)
    }
    expect(await lab.storage.sweep({ receiptsBefore: 0, commitsBefore: 250, rowsMax: 3 })).toBe(3)
    expect(await lab.storage.sweep({ receiptsBefore: 0, commitsBefore: 250, rowsMax: 3 })).toBe(1)
    expect(await lab.probe.query('SELECT time FROM stockpile_commit ORDER BY time')).toEqual(['-300', '300'])
  })
})
