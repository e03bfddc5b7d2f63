import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { expect, inject, test } from 'vitest'
import { redis } from '../../src/cache/redis/index.ts'
import type { Cache } from '../../src/index.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { fill, look, until, untilReached } from './lab.ts'

const unreachable = { state: 'busy', reason: 'unreachable' }

/** The ways to a server: a cache there, and what ends the client. */
const ways: readonly [
  string,
  (url: string, timeoutMs: number) => Promise<{ cache: Cache; end: () => Promise<void> }>,
][] = [
  [
    'a connection of our own',
    async (url, timeoutMs) => {
      const cache = redis(url, { timeoutMs })
      return { cache, end: () => cache.close() }
    },
  ],
  [
    'a client of redis',
    async (url, timeoutMs) => {
      const client = createClient({ url })
      client.on('error', () => undefined)
      await client.connect()
      return { cache: redis(client, { timeoutMs }), end: async () => client.destroy() }
    },
  ],
  [
    'a client of ioredis',
    async (url, timeoutMs) => {
      const client = new Redis(url)
      client.on('error', () => undefined)
      return { cache: redis(client, { timeoutMs }), end: async () => client.disconnect() }
    },
  ],
]

test.each(ways)(
  'a server that falls silent holds nobody up through %s, and is used again when it is back',
  async (way, open) => {
    await using proxy = await startFaultProxy(target())
    const { cache, end } = await open(proxy.through(inject('redisUrl')), 400)
    await untilReached(cache)
    const key = `silent ${way}`.replaceAll(' ', '-')
    proxy.blackhole()
    const startMs = performance.now()
    expect(await look(cache, key)).toEqual(unreachable)
    expect(performance.now() - startMs).toBeLessThan(5_000)
    const [intended] = await cache.intend([{ key, guard: 'guard' }])
    expect(intended?.isAcknowledged).toBe(false)
    // One finds out whether it is back, and nobody else waits for that.
    const scout = look(cache, key).then(() => 'the scout')
    const others = Promise.all(Array.from({ length: 200 }, () => look(cache, key)))
    expect(await Promise.race([scout, others.then(() => 'the others')])).toBe('the others')
    expect(new Set((await others).map(({ state }) => state))).toEqual(new Set(['busy']))
    await scout
    proxy.heal()
    await untilReached(cache)
    await until(async () => (await cache.intend([{ key, guard: 'guard' }]))[0]?.isAcknowledged === true)
    const other = redis(inject('redisUrl'), { timeoutMs: 20_000 })
    expect(await look(other, key)).toEqual({ state: 'busy', reason: 'intent' })
    await other.close()
    await end()
  },
)

test.each(ways)('a connection that breaks is made anew through %s', async (way, open) => {
  await using proxy = await startFaultProxy(target())
  const { cache, end } = await open(proxy.through(inject('redisUrl')), 10_000)
  await untilReached(cache)
  const key = `cut ${way}`.replaceAll(' ', '-')
  await cache.remove([key])
  await fill(cache, key, 'text')
  proxy.cut()
  await untilReached(cache)
  expect(await look(cache, key)).toMatchObject({ state: 'value', text: 'text' })
  await end()
})

test('a slow server is waited for until the time is up, and no longer', async () => {
  await using proxy = await startFaultProxy(target())
  const cache = redis(proxy.through(inject('redisUrl')), { timeoutMs: 2_500 })
  await untilReached(cache)
  proxy.delay(100)
  expect(await look(cache, 'slow')).not.toEqual(unreachable)
  proxy.delay(6_000)
  expect(await look(cache, 'slow')).toEqual(unreachable)
  proxy.heal()
  await untilReached(cache)
  await cache.close()
})

test('an intent whose answer is lost is not acknowledged, and harms nobody', async () => {
  await using proxy = await startFaultProxy(target())
  const patient = { timeoutMs: 20_000 }
  const [cache, other] = [redis(proxy.through(inject('redisUrl')), patient), redis(inject('redisUrl'), patient)]
  await cache.remove(['lost'])
  await fill(cache, 'lost', 'text')
  const executed = proxy.dropReplyAfter('lost')
  const [intended] = await cache.intend([{ key: 'lost', guard: 'guard' }])
  await executed
  expect(intended?.isAcknowledged).toBe(false)
  expect(await look(other, 'lost')).toEqual({ state: 'busy', reason: 'intent' })
  await cache.close()
  await other.close()
})

test('what is no Redis, and a password that is wrong, are shown with what the server said', async () => {
  const { host } = new URL(inject('memcachedUrl'))
  for (const [url, said] of [
    [`redis://${host}`, /RESP/],
    [inject('redisUrl').replace('redis://', 'redis://nobody:wrong@'), /WRONGPASS/],
  ] as const) {
    const cache = redis(url, { timeoutMs: 20_000 })
    const [intended] = await cache.intend([{ key: 'a', guard: 'guard' }])
    expect(intended).toEqual({ isAcknowledged: false, reason: expect.stringMatching(said) })
    await cache.close()
  }
})

test('what is asked of a closed cache fails at once, and nothing is left open', async () => {
  await using proxy = await startFaultProxy(target())
  const cache = redis(proxy.through(inject('redisUrl')))
  await untilReached(cache)
  expect(proxy.connectionCount).toBe(1)
  await cache.close()
  await until(async () => proxy.connectionCount === 0)
  expect(await look(cache, 'a')).toEqual(unreachable)
  expect(proxy.connectionCount).toBe(0)
})

function target(): { host: string; port: number } {
  const { hostname, port } = new URL(inject('redisUrl'))
  return { host: hostname, port: Number(port) }
}
