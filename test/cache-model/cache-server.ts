import type { Base, CacheServer, Entry } from './world.ts'

const nothing: Base = { content: 0, version: 0, generation: 0, incarnation: 0 }

/**
 * Puts an entry under the key, whatever was there.
 *
 * @returns its token
 */
export function putKey(cache: CacheServer, kind: Entry['kind'], value = nothing): number {
  cache.key = makeEntry(cache, kind, value)
  return cache.key.token
}

/**
 * Puts an entry under a server's copy of the guard, whatever was there.
 *
 * @returns its token
 */
export function putGuard(cache: CacheServer, server: number, kind: Entry['kind'], generation = 0): number {
  const entry = makeEntry(cache, kind, { ...nothing, generation, incarnation: cache.incarnation })
  cache.guards[server] = entry
  return entry.token
}

/** The guard's copy on the server that the key lives on. */
export function nearGuard(cache: CacheServer): Entry | null {
  return cache.guards.at(-1) ?? null
}

/** The server that the key lives on. */
export function nearServer(cache: CacheServer): number {
  return cache.guards.length - 1
}

function makeEntry(cache: CacheServer, kind: Entry['kind'], value: Base): Entry {
  cache.tokens += 1
  const { content, version, generation, incarnation } = value
  return { kind, token: cache.tokens, content, version, generation, incarnation }
}
