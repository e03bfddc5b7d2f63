import { describe, expect, it } from 'vitest'
import { change, deal, quantityOf, settle } from './farm.ts'
import { proxiedLab } from './proxied-lab.ts'
import { servers, type DatabaseServer } from './servers.ts'

describe.each(servers)('a COMMIT on $name whose answer is lost', ({ url, openLegibleLab, commit }) => {
  const open = (options: Parameters<DatabaseServer['openLab']>[0]): ReturnType<typeof proxiedLab> =>
    proxiedLab(url(), (target) => openLegibleLab(options, target))

  it('counts when it was executed', async () => {
    await using lab = await open({ outcomeWaitMs: 5_000 })
    const dropped = lab.proxy.dropReplyAfter(commit)
    const [settlement] = await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    await dropped
    expect(settlement).toMatchObject({ outcomes: [{ quantity: 2n }] })
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(2n)
  })

  it('is reported as a lost connection when it never arrived', async () => {
    await using lab = await open({ outcomeWaitMs: 5_000 })
    const dropped = lab.proxy.dropRequest(commit)
    await expect(settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
    await dropped
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
  })

  it('is asked about no longer than outcomeWaitMs, even when no connection becomes free', async () => {
    await using lab = await open({ outcomeWaitMs: 300, connectionsMax: 2, lockWaitMs: 600_000 })
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
