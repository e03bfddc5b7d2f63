import { describe, expect, inject, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { startFaultProxy } from './fault-proxy.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { openProbe } from './probe.ts'
import type { Probe } from './probe.ts'

describe.each(['mysqlUrl', 'postgresUrl'] as const)('the proxy in front of the server of %s', (key) => {
  test('passes everything through', async () => {
    await using lab = await openLab(inject(key))
    await insert(lab.client)
    expect(await rows(lab)).toBe(1)
    expect(lab.proxy.connectionCount).toBe(1)
  })

  test('cut loses the connection and what was not committed, and lets new ones in', async () => {
    await using lab = await openLab(inject(key))
    await lab.client.query('BEGIN')
    await insert(lab.client)
    lab.proxy.cut()
    await expect(lab.client.query('COMMIT')).rejects.toThrow()
    expect(await rows(lab)).toBe(0)
    const again = await openProbe(lab.proxiedUrl)
    await insert(again)
    await again.close()
    expect(await rows(lab)).toBe(1)
  })

  test('dropReplyAfter loses the answer to a COMMIT that was executed', async () => {
    await using lab = await openLab(inject(key))
    await lab.client.query('BEGIN')
    await insert(lab.client)
    const dropped = lab.proxy.dropReplyAfter('commit')
    await expect(lab.client.query('COMMIT')).rejects.toThrow()
    await dropped
    expect(await rows(lab)).toBe(1)
  })

  test('dropRequest loses a COMMIT on its way, so that nothing is committed', async () => {
    await using lab = await openLab(inject(key))
    await lab.client.query('BEGIN')
    await insert(lab.client)
    const dropped = lab.proxy.dropRequest(/^.?.?.?.?.?COMMIT/s)
    await expect(lab.client.query('COMMIT')).rejects.toThrow()
    await dropped
    expect(await rows(lab)).toBe(0)
  })

  test('postponeRequest lets a COMMIT arrive after its client has given it up', async () => {
    await using lab = await openLab(inject(key))
    await lab.client.query('BEGIN')
    await insert(lab.client)
    const postponed = lab.proxy.postponeRequest('COMMIT')
    await expect(lab.client.query('COMMIT')).rejects.toThrow()
    const request = await postponed
    expect(await rows(lab)).toBe(0)
    await request.deliver()
    expect(await rows(lab)).toBe(1)
  })

  test('a trap is not sprung by what was sent before it was set, and only once', async () => {
    await using lab = await openLab(inject(key))
    await lab.client.query('BEGIN')
    await insert(lab.client)
    await lab.client.query('COMMIT')
    const dropped = lab.proxy.dropReplyAfter('COMMIT')
    await insert(lab.client)
    await expect(lab.client.query('COMMIT')).rejects.toThrow()
    await dropped
    const again = await openProbe(lab.proxiedUrl)
    await again.query('COMMIT')
    await again.close()
  })

  test('blackhole holds everything back without a word until it heals', async () => {
    await using lab = await openLab(inject(key))
    lab.proxy.blackhole()
    let isAnswered = false
    const inserted = insert(lab.client).then(() => (isAnswered = true))
    const newcomer = openProbe(lab.proxiedUrl)
    expect(await rows(lab)).toBe(0)
    expect(isAnswered).toBe(false)
    lab.proxy.heal()
    await inserted
    await (await newcomer).close()
    expect(await rows(lab)).toBe(1)
  })

  test('delay makes an answer late, and heal makes it come at once', async () => {
    await using lab = await openLab(inject(key))
    lab.proxy.delay(50)
    const startedMs = performance.now()
    await insert(lab.client)
    // There and back; a timer may be a millisecond early.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(98)
    lab.proxy.delay(3_600_000)
    const inserted = insert(lab.client)
    lab.proxy.heal()
    await inserted
    expect(await rows(lab)).toBe(2)
  })

  test('stop ends all connections', async () => {
    await using lab = await openLab(inject(key))
    await lab.proxy.stop()
    await lab.proxy.stop()
    await expect(lab.client.query('SELECT 1')).rejects.toThrow()
    await expect(openProbe(lab.proxiedUrl)).rejects.toThrow()
  })
})

interface Lab extends AsyncDisposable {
  readonly proxy: FaultProxy
  readonly proxiedUrl: string
  /** Connected through the proxy. */
  readonly client: Probe
  /** Connected past it. */
  readonly witness: Probe
}

async function openLab(serverUrl: string): Promise<Lab> {
  const database = await createDatabase(serverUrl)
  const witness = await openProbe(database.url)
  await witness.query('CREATE TABLE seen (id INT)')
  const { hostname, port } = new URL(serverUrl)
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) })
  const proxiedUrl = proxy.through(database.url)
  const client = await openProbe(proxiedUrl)
  async function close(): Promise<void> {
    await proxy.stop()
    await Promise.all([client.close(), witness.close()])
    await database.drop()
  }
  return { proxy, proxiedUrl, client, witness, [Symbol.asyncDispose]: close }
}

async function insert(probe: Probe): Promise<void> {
  await probe.query('INSERT INTO seen VALUES (1)')
}

async function rows(lab: Lab): Promise<number> {
  const [count] = await lab.witness.query('SELECT count(*) FROM seen')
  return Number(count)
}
