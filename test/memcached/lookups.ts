import { expect } from 'vitest'
import type { Cache, Entry, Intended, Lookup, Token } from '../../src/cache/contract.ts'

/** The guard of all lookups that name no other. */
export const guard = 'stock:animals'

/** What lies under a key. */
export async function look(cache: Cache, key: string, known?: Token): Promise<Entry> {
  const [found] = await cache.find([lookupOf(key, known)])
  if (found === undefined) throw new Error(`nothing was said of ${key}`)
  return found.entry
}

/** Takes the lease on a key that nothing lies under. */
export async function lease(cache: Cache, key: string): Promise<Token> {
  const entry = await look(cache, key)
  expect(entry).toMatchObject({ state: 'leased' })
  if (entry.state !== 'leased') throw new Error(`no lease on ${key}`)
  return entry.token
}

/** Puts a value under a key that nothing lies under. */
export async function fill(cache: Cache, key: string, text: string): Promise<void> {
  expect(await cache.store([{ token: await lease(cache, key), text }])).toEqual([true])
}

/** Puts an intent under a key. */
export async function intend(cache: Cache, key: string): Promise<Intended> {
  const [intended] = await cache.intend([lookupOf(key)])
  if (intended === undefined) throw new Error(`nothing was said of ${key}`)
  return intended
}

/** A lookup of a key with the usual guard. */
export function lookupOf(key: string, known?: Token): Lookup {
  return { key, guard, known }
}

/** What is said of a key on a server that can't be asked. */
export const unreachable: Entry = { state: 'busy', reason: 'unreachable' }
