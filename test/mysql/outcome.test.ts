import { describe, expect, inject, it } from 'vitest'
import type { MysqlOptions } from '../../src/storage/mysql/index.ts'
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts'
import { change, deal, openLab, quantityOf, settle, type Lab } from './open-lab.ts'

// Neither "READ COMMITTED" nor "stockpile_commit".
const commit = /COMMIT$/

async function openProxiedLab(options: MysqlOptions = {}): Promise<Lab & { proxy: FaultProxy }> {
  const { hostname, port } = new URL(inject('mysqlUrl'))
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) })
  const lab = await openLab({ outcomeWaitMs: 5_000, ...options }, (url) => proxy.through(url))
  await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
  return {
    ...lab,
    proxy,
    async [Symbol.asyncDispose](): Promise<void> {
      proxy.heal()
      await lab[Symbol.asyncDispose]()
      await proxy.stop()
    },
  }
}

describe('a COMMIT whose answer is lost', () => {
  it('counts when it was executed', async () => {
    await using lab = await openProxiedLab()
    const dropped = lab.proxy.dropReplyAfter(commit)
    const [settlement] = await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    await dropped
    expect(settlement).toMatchObject({ outcomes: [{ quantity: 2n }] })
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(2n)
  })

  it('is reported as a lost connection when it never arrived', async () => {
    await using lab = await openProxiedLab()
    const dropped = lab.proxy.dropRequest(commit)
    await expect(settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
    await dropped
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
  })

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

  it('is asked about no longer than outcomeWaitMs, even when no connection becomes free', async () => {
    await using lab = await openProxiedLab({ outcomeWaitMs: 300, connectionsMax: 2, lockWaitMs: 600_000 })
    const lost = deal([change('add', 'u', 'egg', 1n)])
    const first = await lab.storage.snapshot()
    const dropped = lab.proxy.dropReplyAfter(commit)
    const answer = settle(lab.storage, [lost]).catch((error: unknown) => error)
    // Gets the connection that the batch loses.
    const second = await lab.storage.snapshot()
    await dropped
    expect(await answer).toMatchObject({ code: 'OUTCOME_UNKNOWN', deals: [lost.id] })
    await first.end()
    await second.end()
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(2n)
  })
})
