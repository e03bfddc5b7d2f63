import { hostname } from 'node:os'
import { uuidv7obj } from 'uuidv7'
import { CacheMismatchError } from '../errors.ts'
import type { CachedStorage } from '../storage/cached-contract.ts'
import type { Cache } from './contract.ts'
import { isAbandoned, parseNote, toCacheNote, type CacheNote, type StoredNote } from './note.ts'
import { ownIdentity } from './process-identity.ts'

/** A cache that a database remembers. */
export interface Registered {
  /** The note, as it stands in the database. */
  readonly note: string
  readonly prefix: string
}

/**
 * Has the database remember its cache, so that no writer can pass it by.
 *
 * @returns what it remembers now: this cache
 * @throws CacheMismatchError if it remembers another
 */
export async function register(
  storage: Pick<CachedStorage, 'cacheNote' | 'noteCache'>,
  cache: Cache,
): Promise<Registered> {
  const name = nameFromEverywhere(cache)
  const own: StoredNote = { cache: name, prefix: newPrefix(), process: cache.kind === 'memory' ? ownIdentity() : null }
  for (;;) {
    const noted = await storage.cacheNote()
    const found = noted === null ? null : parseNote(noted)
    if (noted !== null && found?.cache === name) return { note: noted, prefix: found.prefix }
    if (noted !== null && !isAbandoned(found)) {
      throw new CacheMismatchError({ noted, own: JSON.stringify(own) })
    }
    const note = JSON.stringify(own)
    if ((await storage.noteCache(noted, note)) === note) return { note, prefix: own.prefix }
  }
}

/** Has the database forget a cache that ends with this process. */
export async function unregister(
  storage: Pick<CachedStorage, 'noteCache'>,
  cache: Cache,
  { note }: Registered,
): Promise<void> {
  if (cache.kind === 'memory') await storage.noteCache(note, null)
}

// What one machine calls by these names, another has too, and it is something else there.
const isLocal = /(?:^|[\s/,@:])(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|unix:)/

/** The cache's name, as no other machine's cache can have it. */
function nameFromEverywhere({ kind, name }: Cache): string {
  return kind !== 'memory' && isLocal.test(name) ? `${name} on ${hostname()}` : name
}

/** What the database remembers of its cache; null where that is none. */
export async function readNote(storage: Pick<CachedStorage, 'cacheNote'>): Promise<CacheNote | null> {
  const note = await storage.cacheNote()
  return note === null ? null : toCacheNote(note)
}

/**
 * Has the database remember no cache, whichever it was.
 *
 * @returns what it remembered; null where that was none
 */
export async function forgetNote(storage: Pick<CachedStorage, 'cacheNote' | 'noteCache'>): Promise<CacheNote | null> {
  for (;;) {
    const noted = await storage.cacheNote()
    if (noted === null) return null
    // Somebody may have noted another one meanwhile.
    if ((await storage.noteCache(noted, null)) === null) return toCacheNote(noted)
  }
}

/** 22 characters, unique for ever. */
function newPrefix(): string {
  return Buffer.from(uuidv7obj().bytes).toString('base64url')
}
