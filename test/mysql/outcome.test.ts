import { describe, expect, inject, it } from 'vitest'
import type { MysqlOptions } from '../../src/storage/mysql/index.ts'
import { change, deal, quantityOf, settle } from '../storage/farm.ts'
import { proxiedLab } from '../storage/proxied-lab.ts'
import { openLab } from './open-lab.ts'

// Neither "READ COMMITTED" nor "stockpile_commit".
const commit = /COMMIT$/

function openProxiedLab(options: MysqlOptions = {}): ReturnType<typeof proxiedLab> {
  const all = { outcomeWaitMs: 5_000, ...options }
  return proxiedLab(inject('mysqlUrl'), (target) => openLab(all, target))
}

describe('a COMMIT whose answer is lost', () => {
  it('is waited for while it is still on its way', async () => {
    await using lab = await openProxiedLab()
    const postponed = lab.proxy.postponeRequest(commit)
    let isAnswered = false
    const answer = settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])]).finally(() => {
      isAnswered = true
    })
    const request = await postponed
    expect(isAnswered).toBe(false)
    await request.deliver()
    expect(await answer).toMatchObject([{ outcomes: [{ quantity: 2n }] }])
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(2n)
  })

  it('is reported as unknown, with the deal’s id, when the server doesn’t come back', async () => {
    await using lab = await openProxiedLab()
    const lost = deal([change('add', 'u', 'egg', 1n)])
    const dropped = lab.proxy.dropReplyAfter(commit)
    // The first question about it gets lost as well, and then there is nobody to ask.
    const asked = lab.proxy.dropRequest(/stockpile_commit \(id, time\) VALUES \('[^']*', 0\)/)
    const answer = settle(lab.storage, [lost]).catch((error: unknown) => error)
    await dropped
    await asked
    await lab.proxy.stop()
    expect(await answer).toMatchObject({ code: 'OUTCOME_UNKNOWN', deals: [lost.id] })
    expect(await lab.probe.query("SELECT quantity FROM farm_stockpile_holding WHERE user_id = 'u'")).toEqual(['2'])
  })
})
