import { hostname } from 'node:os'
import process from 'node:process'
import { uuidv7obj } from 'uuidv7'
import { CacheMismatchError } from '../errors.ts'
import type { CachedStorage } from '../storage/cached-contract.ts'
import type { Cache } from './contract.ts'

/** What the database remembers of its cache. */
interface Note {
  /** The cache's name. */
  readonly cache: string
  /** Starts all keys: other than at any earlier time, so that what lies in a cache from then is never found. */
  readonly prefix: string
  /** Where the process is that has the cache in its memory; null for a cache that many can share. */
  readonly process: { readonly host: string; readonly id: number } | null
}

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
  const own: Note = { cache: name, prefix: newPrefix(), process: ownProcess(cache) }
  for (;;) {
    const noted = await storage.cacheNote()
    const found = noted === null ? null : parse(noted)
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

/** 22 characters, unique for ever. */
function newPrefix(): string {
  return Buffer.from(uuidv7obj().bytes).toString('base64url')
}

function ownProcess({ kind }: Cache): Note['process'] {
  return kind === 'memory' ? { host: hostname(), id: process.pid } : null
}

function parse(note: string): Note | null {
  try {
    return JSON.parse(note) as Note
  } catch {
    return null
  }
}

/** Whether the process that had the cache in its memory is gone; of another machine's process nobody knows. */
function isAbandoned(note: Note | null): boolean {
  if (note === null || note.process === null || note.process.host !== hostname()) return false
  try {
    process.kill(note.process.id, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
