import { createClient } from 'redis'
import { expect } from 'vitest'
import type { Cache, CacheEntry, CacheToken } from '../../src/index.ts'

/** A client of the tests' own, which sends what it is told. */
export interface Outsider extends AsyncDisposable {
  send(...args: string[]): Promise<unknown>
}

/** Connects to a server beside the cache. */
export async function openOutsider(url: string): Promise<Outsider> {
  const client = createClient({ url, RESP: 2 })
  // A server that a test kills takes the connection along.
  client.on('error', () => undefined)
  await client.connect()
  return {
    send: (...args) => client.sendCommand(args),
    [Symbol.asyncDispose]: async () => client.destroy(),
  }
}

/** What lies under a key, or a lease on it. */
export async function look(cache: Cache, key: string, known?: CacheToken): Promise<CacheEntry> {
  const [found] = await cache.find([{ key, guard: 'guard', known }])
  if (found === undefined) throw new Error('there is no answer')
  return found.entry
}

/** Takes a lease. */
export async function lease(cache: Cache, key: string): Promise<CacheToken> {
  const entry = await look(cache, key)
  if (entry.state !== 'leased') throw new Error(`${key} is not to be had: ${JSON.stringify(entry)}`)
  return entry.token
}

/** Puts a value under a key in which nothing lies. */
export async function fill(cache: Cache, key: string, text: string): Promise<void> {
  const token = await lease(cache, key)
  expect(await cache.store([{ token, text }])).toEqual([true])
}

/** Asks until something is so, and gives up after a long time. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error('it did not come to be so within 20 seconds')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Waits until a cache reaches its server. */
export function untilReached(cache: Cache): Promise<void> {
  return until(async () => {
    const entry = await look(cache, 'is-it-there')
    return entry.state !== 'busy' || entry.reason !== 'unreachable'
  })
}
