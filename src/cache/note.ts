import { hasEnded, type ProcessIdentity } from './process-identity.ts'

/** What a database remembers of its cache. */
export interface CacheNote {
  /** The cache's name, such as `memcached://127.0.0.1:11211`. */
  readonly name: string
  /** When the database began to remember it, in milliseconds since 1970; null where that can't be told. */
  readonly since: number | null
  /** Where the process is that has the cache in its memory; null for a cache that many can share. */
  readonly process: { readonly host: string; readonly id: number } | null
  /** Whether that process is gone, as far as this machine can tell. */
  readonly isAbandoned: boolean
}

/** A note as it stands in the database. */
export interface StoredNote {
  /** The cache's name. */
  readonly cache: string
  /** Starts all keys: 22 characters that hold a UUID of version 7, so that what lies in a cache from any other time is never found. */
  readonly prefix: string
  /** The process that has the cache in its memory; null for a cache that many can share. */
  readonly process: ProcessIdentity | null
}

/** Reads a note; null for what is none. */
export function parseNote(text: string): StoredNote | null {
  try {
    return JSON.parse(text) as StoredNote
  } catch {
    return null
  }
}

/** What a note says. */
export function toCacheNote(text: string): CacheNote {
  const note = parseNote(text)
  if (note === null) return { name: text, since: null, process: null, isAbandoned: false }
  const bytes = Buffer.from(note.prefix, 'base64url')
  // The first six bytes of such a UUID are its time.
  const since = bytes.length === 16 ? bytes.readUIntBE(0, 6) : null
  const process = note.process === null ? null : { host: note.process.host, id: note.process.id }
  return { name: note.cache, since, process, isAbandoned: isAbandoned(note) }
}

/** Whether the process that had the cache in its memory is certain to have ended. */
export function isAbandoned(note: StoredNote | null): boolean {
  return note !== null && note.process !== null && hasEnded(note.process)
}
