import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { memcached } from '../../src/cache/memcached/index.ts'
import { UnsupportedCacheError } from '../../src/errors.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { freePort } from '../servers/free-port.ts'
import { startMemcached } from '../servers/memcached.ts'
import { startRedis } from '../servers/redis.ts'
import { fill, guard, intend, lease, look, lookupOf, unreachable } from './lookups.ts'

test('where nothing listens, nothing is found or acknowledged, and it is said why', async () => {
  const cache = memcached(`127.0.0.1:${await freePort()}`)
  expect(await look(cache, 'a')).toEqual(unreachable)
  expect(await intend(cache, 'a')).toMatchObject({
    isAcknowledged: false,
    reason: expect.stringMatching(/^127\.0\.0\.1:\d+: .*ECONNREFUSED/) as string,
  })
  expect(await cache.intendGuard(guard)).toBeNull()
  expect(await cache.remove(['a'])).toEqual([false])
  await cache.close()
})

test('a server that comes back is used again by itself', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url)
  await fill(cache, 'a', 'x')
  const token = await lease(cache, 'b')
  await server.kill()
  await expect.poll(() => look(cache, 'a')).toEqual(unreachable)
  expect(await intend(cache, 'a')).toMatchObject({ isAcknowledged: false })
  expect(await cache.store([{ token, text: 'x' }])).toEqual([false])
  await server.restart()
  await expect.poll(() => intend(cache, 'a')).toMatchObject({ isAcknowledged: true, before: null })
  await fill(cache, 'b', 'y')
  await cache.close()
})

test('a connection that is lost between two calls is made anew with the next', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url))
  await fill(cache, 'a', 'x')
  proxy.cut()
  await expect.poll(() => proxy.connectionCount).toBe(0)
  await expect.poll(() => look(cache, 'a')).toMatchObject({ state: 'value', text: 'x' })
  await cache.close()
})

test('an intent that is not answered in time is not acknowledged, and the connection is dropped', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url), { timeoutMs: 100 })
  await fill(cache, 'a', 'x')
  proxy.blackhole()
  const startMs = performance.now()
  expect(await intend(cache, 'a')).toMatchObject({
    isAcknowledged: false,
    reason: expect.stringContaining('it gave no answer within 100 ms') as string,
  })
  expect(performance.now() - startMs).toBeGreaterThan(95)
  // Who only reads doesn't wait for a server that is known to be slow.
  expect(await Promise.race([look(cache, 'a'), nextTurn('waits')])).toEqual(unreachable)
  proxy.heal()
  await expect.poll(() => intend(cache, 'a')).toMatchObject({ isAcknowledged: true })
  await cache.close()
})

test('an answer that comes too late is not taken for that of a later command', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url), { timeoutMs: 60 })
  const other = memcached(server.url)
  await fill(other, 'a', 'of a')
  await fill(other, 'b', 'of b')
  await look(cache, 'a')
  proxy.delay(150)
  expect(await look(cache, 'a')).toEqual(unreachable)
  proxy.heal()
  await expect.poll(() => look(cache, 'b')).toMatchObject({ state: 'value', text: 'of b' })
  await Promise.all([cache.close(), other.close()])
})

test('an intent that was carried out and whose answer was lost is not acknowledged, and is there', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url))
  await fill(cache, 'a', 'x')
  const executed = proxy.dropReplyAfter('ms a ')
  expect(await intend(cache, 'a')).toMatchObject({ isAcknowledged: false })
  await executed
  await expect.poll(() => look(cache, 'a')).toEqual({ state: 'busy', reason: 'intent' })
  await cache.close()
})

test('a process that was busy for longer than the time allowed still takes the answer that has come', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url, { timeoutMs: 50 })
  await fill(cache, 'a', 'x')
  const found = look(cache, 'a')
  setImmediate(() => {
    const endMs = performance.now() + 150
    while (performance.now() < endMs);
  })
  expect(await found).toMatchObject({ state: 'value' })
  await cache.close()
})

test('a server without CAS ids is refused with what to do, to writers, and is none to readers', async () => {
  await using server = await startMemcached({ args: ['-C'] })
  const cache = memcached(server.url)
  expect(await look(cache, 'a')).toEqual(unreachable)
  await expect
    .poll(() => intend(cache, 'a'))
    .toMatchObject({
      isAcknowledged: false,
      reason: expect.stringContaining('it runs with -C, without CAS ids; start it without -C') as string,
      cause: expect.any(UnsupportedCacheError) as UnsupportedCacheError,
    })
  await cache.close()
})

test('what speaks another protocol is not waited for, and shown what it said', async () => {
  await using server = await startRedis()
  const cache = memcached(`127.0.0.1:${server.port}`)
  const intended = await intend(cache, 'a')
  expect(intended).toMatchObject({
    isAcknowledged: false,
    reason: expect.stringContaining("can't be understood: -ERR") as string,
  })
  await cache.close()
})

test('a socket of the machine will do as well as a port', async () => {
  await using server = await startMemcached()
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-socket-'))
  const path = join(folder, 'memcached.sock')
  const door = createServer((client) => client.pipe(connect(server.port, server.host)).pipe(client)).listen(path)
  await once(door, 'listening')
  const cache = memcached(`unix:${path}`)
  await fill(cache, 'a', 'x')
  const other = memcached(server.url)
  expect(await look(other, 'a')).toMatchObject({ state: 'value', text: 'x' })
  await Promise.all([cache.close(), other.close()])
  door.close()
  await once(door, 'close')
  await rm(folder, { recursive: true })
})

test('what was sent before closing arrives, and no connection stays', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url))
  const token = await lease(cache, 'a')
  const stored = cache.store([{ token, text: 'x' }])
  await cache.close()
  expect(await stored).toEqual([true])
  await expect.poll(() => proxy.connectionCount).toBe(0)
  expect(await look(cache, 'a')).toEqual(unreachable)
  expect(await intend(cache, 'a')).toMatchObject({ reason: expect.stringContaining('the cache was closed') as string })
  await cache.close()
})

test('closing while the connection is being made leaves none', async () => {
  await using server = await startMemcached()
  await using proxy = await startFaultProxy(server)
  const cache = memcached(proxy.through(server.url))
  const found = cache.find([lookupOf('a')])
  await cache.close()
  expect(await found).toEqual([{ entry: unreachable, guard: unreachable }])
  await expect.poll(() => proxy.connectionCount).toBe(0)
})
