import { nearGuard } from './cache-server.ts'
import type { Database, Reader, World } from './world.ts'

/**
 * Holds an answer to what the protocol promises, and remembers that it was given.
 *
 * @returns what it violates, if anything
 */
export function answer(world: World, reader: Reader, content: number): string | undefined {
  const { database } = world
  const place = database.contents.lastIndexOf(content)
  if (place < 0) {
    const committed = database.contents.reduce((all, one) => all | one, 0)
    if ((content & ~committed) !== 0) return 'dirty: nobody has committed that'
    return 'torn: the account was never like that'
  }
  if (place < reader.acknowledged) return 'stale: older than what was acknowledged before the read began'
  if (place < reader.seen) return 'backward: older than what was seen before the read began'
  database.seen = Math.max(database.seen, seenAt(database, place))
  return undefined
}

/**
 * Looks for a value that will go on being served although the database says otherwise.
 *
 * @returns what is wrong with the cache, now that everybody has come to rest; undefined too while somebody has not
 */
export function findDrift(world: World): string | undefined {
  if (!isQuiet(world)) return undefined
  const { database, cache } = world
  const guard = nearGuard(cache)
  if (guard?.kind === 'value' && guard.incarnation === cache.incarnation && guard.generation !== database.generation) {
    return 'drift: the guard is not the generation'
  }
  const { key } = cache
  if (key?.kind !== 'value' || key.incarnation !== cache.incarnation || key.generation !== database.generation)
    return undefined
  return key.content === database.contents.at(-1) ? undefined : 'drift: the cached value is not the committed one'
}

/** The account as committed. */
export function committedContent(database: Database): number {
  return database.contents.at(-1) ?? 0
}

/** Commits a content, which is acknowledged at once unless something else does that. */
export function commitContent(database: Database, content: number, isAcknowledged: boolean): void {
  database.contents = [...database.contents, content]
  if (isAcknowledged) acknowledge(database, content)
}

/** Remembers that a commit was acknowledged. */
export function acknowledge(database: Database, content: number): void {
  const place = database.contents.lastIndexOf(content)
  database.acknowledged = Math.max(database.acknowledged, place)
  database.seen = Math.max(database.seen, place)
}

/** An edit by hand counts as seen only after its relay: until then, older answers are allowed. */
function seenAt(database: Database, place: number): number {
  let seen = place
  while (seen > 0 && (database.unrelayed & (1 << seen)) !== 0) seen -= 1
  return seen
}

function isQuiet({ database, cache, writers, bulks, edits, readers, relay }: World): boolean {
  return (
    database.rowLock === 0 &&
    database.generationLock === 0 &&
    database.unrelayed === 0 &&
    relay.at === 'idle' &&
    cache.isIntentLate === 0 &&
    writers.every(({ at, own, token }) => at === 'done' || (at === 'open' && own === 0 && token === 0)) &&
    bulks.every(({ at, servers }) => at === 'done' || (at === 'start' && servers === 0)) &&
    edits.every(({ at }) => at === 'start' || at === 'done') &&
    readers.every(({ at, guardToken }) => (at === 'start' || at === 'done') && guardToken === 0)
  )
}
