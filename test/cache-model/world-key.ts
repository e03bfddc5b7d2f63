import type { Setting } from './step.ts'
import type { Base, Bulk, Entry, Reader, World, Writer } from './world.ts'

const writerPlaces = ['open', 'checked', 'intended', 'ready', 'committed', 'publishing', 'releasing', 'dying', 'done']
const bulkPlaces = ['start', 'locked', 'changed', 'publishing', 'dying', 'done']
const readerPlaces = [
  'start',
  'guarded',
  'keyed',
  'generation',
  'generation row',
  'row',
  'data',
  'row after',
  'fill',
  'joined',
  'offered',
  'done',
]
const kinds = ['value', 'lease', 'intent']
const absent = 200

/**
 * A short text that is the same for two worlds exactly if they can go on in the same ways: of a token it only matters whether it fits the
 * entry that is there now, and readers are interchangeable where none joins another's flight.
 */
export function worldKey(world: World, { rules, scenario }: Setting): string {
  const { database, cache, relay, faults } = world
  const out: number[] = [...database.contents, absent]
  const fits = rules.bindsTokens
    ? (token: number, entry: Entry | null | undefined): number => (token === 0 ? 0 : token === entry?.token ? 1 : 2)
    : (token: number): number => token
  out.push(database.version, database.generation, database.rowLock, database.generationLock, database.isNoted)
  out.push(database.unrelayed, database.acknowledged, database.seen)
  pushEntry(out, cache.key)
  for (const guard of cache.guards) pushEntry(out, guard)
  if (cache.saved === null) out.push(absent)
  else {
    pushEntry(out, cache.saved.key)
    pushEntry(out, cache.saved.guard)
  }
  out.push(cache.incarnation, cache.isIntentLate)
  if (!rules.bindsTokens) out.push(cache.tokens, cache.key?.token ?? 0, cache.saved?.key?.token ?? 0)
  if (!rules.bindsTokens) for (const guard of cache.guards) out.push(guard?.token ?? 0)
  for (const writer of world.writers) pushWriter(out, writer, fits(writer.token, cache.key))
  for (const bulk of world.bulks) pushBulk(out, bulk, cache.guards, fits)
  for (const edit of world.edits) out.push(edit.at === 'start' ? 0 : edit.at === 'locked' ? 1 : 2)
  out.push(relay.at === 'idle' ? 0 : 1, relay.taken)
  out.push(faults.kill, faults.rollback, faults.savepoint, faults.evict, faults.restart, faults.nack, faults.lost)
  const readers = world.readers.map((reader) => readerKey(reader, cache, fits))
  if (!scenario.canJoinFlights) readers.sort()
  return String.fromCharCode(...out) + readers.join('')
}

type Fits = (token: number, entry: Entry | null | undefined) => number

function pushEntry(out: number[], entry: Entry | null): void {
  if (entry === null) out.push(absent)
  else if (entry.kind === 'value') out.push(0, entry.content, entry.version, entry.generation, entry.incarnation)
  else out.push(kinds.indexOf(entry.kind))
}

function pushBase(out: number[], base: Base | null): void {
  if (base === null) out.push(absent)
  else out.push(base.content, base.version, base.generation, base.incarnation)
}

function pushWriter(out: number[], writer: Writer, token: number): void {
  const place = writerPlaces.indexOf(writer.at)
  if (writer.at === 'done') {
    out.push(place)
    return
  }
  out.push(place, writer.own, writer.dealsLeft, writer.found + 1, token)
  pushBase(out, writer.base)
}

function pushBulk(out: number[], bulk: Bulk, guards: readonly (Entry | null)[], fits: Fits): void {
  out.push(bulkPlaces.indexOf(bulk.at))
  if (bulk.at === 'done') return
  out.push(bulk.servers, bulk.generation, bulk.tokens.length)
  for (const [server, token] of bulk.tokens.entries()) out.push(fits(token, guards[server]))
}

function readerKey(reader: Reader, cache: World['cache'], fits: Fits): string {
  const out = [readerPlaces.indexOf(reader.at), reader.readsLeft]
  const guardToken = fits(reader.guardToken, cache.guards.at(-1))
  out.push(guardToken)
  // Who has not begun, or is done, remembers nothing that matters.
  if ((reader.at !== 'start' && reader.at !== 'done') || guardToken !== 0) {
    out.push(
      reader.acknowledged,
      reader.seen,
      fits(reader.token, cache.key),
      reader.generation,
      reader.isGuardRead,
      reader.isRefused,
    )
    out.push(reader.leader, reader.at === 'keyed' && reader.incarnation !== cache.incarnation ? 1 : 0)
  }
  pushBase(out, reader.value)
  if (reader.copy !== null) out.push(1, fits(reader.copy.token, cache.key))
  pushBase(out, reader.copy)
  return String.fromCharCode(...out)
}
