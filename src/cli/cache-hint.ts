import { hostname } from 'node:os'

/** A note about a cache, as `CacheMismatchError` hands it on. */
interface Note {
  readonly cache: string
  readonly process: { readonly host: string; readonly id: number } | null
}

/**
 * What to do on the command line about a database that is cached otherwise than was said.
 *
 * @param noted the note in the database; null where it has none any more
 */
export function cacheHint(noted: unknown): string {
  const note = noteOf(noted)
  if (note === null) return 'On the command line: see stockpile cache'
  if (note.process !== null) {
    const { id, host } = note.process
    return `That cache is in the memory of process ${id} on ${host}, so only that process can write: once it has ended, run stockpile cache --forget --yes`
  }
  const [name = '', machine] = note.cache.split(' on ', 2)
  const where = machine === undefined || machine === hostname() ? '' : ` on the machine ${machine}`
  return `On the command line, the same cache is --cache ${toUrl(name)}${where}, or STOCKPILE_CACHE; to forget it: stockpile cache --forget --yes`
}

/** The URL of a cache, as its name tells; a Redis server that the application calls by a name of its own is somewhere else. */
function toUrl(name: string): string {
  const address = name.slice(name.indexOf(':') + 1).replace(/^\/\//, '')
  if (name.startsWith('memcached:')) return `memcached:${address}`
  return /^[^\s/]+:\d+\/\d+$/.test(address)
    ? `redis://${address}`
    : `redis://HOST:PORT/0#${encodeURIComponent(address)}`
}

function noteOf(noted: unknown): Note | null {
  if (typeof noted !== 'string') return null
  try {
    return JSON.parse(noted) as Note
  } catch {
    return null
  }
}
