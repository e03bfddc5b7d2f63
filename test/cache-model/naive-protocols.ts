import { putKey } from './cache-server.ts'
import { acknowledge, answer, commitContent, committedContent } from './promises.ts'
import { changeBit, type Setting, type Take } from './step.ts'
import type { Base, CacheServer, Reader, World, Writer } from './world.ts'

/** A way to keep a cache beside a database that many applications use, and that breaks its promise. */
export interface NaiveProtocol {
  readonly name: string
  /** What a writer does to the cache before COMMIT, and after it. */
  readonly before: 'stores' | 'nothing'
  readonly after: 'deletes' | 'nothing'
  /** How a reader that found nothing fills the cache: whatever is there, only if nothing is, or only on its own lease. */
  readonly fill: 'set' | 'add' | 'lease'
}

/** The naive protocols, each a little less so than the one before. */
export const naiveProtocols: readonly NaiveProtocol[] = [
  { name: 'Write through before the commit', before: 'stores', after: 'nothing', fill: 'set' },
  { name: 'Delete after the commit', before: 'nothing', after: 'deletes', fill: 'set' },
  { name: 'Delete after the commit, add on a miss', before: 'nothing', after: 'deletes', fill: 'add' },
  { name: 'Delete after the commit, fill on a lease', before: 'nothing', after: 'deletes', fill: 'lease' },
]

/** The steps that writers and readers of a naive protocol can take now. */
export function naiveSteps(naive: NaiveProtocol): (world: World, setting: Setting, take: Take) => void {
  return (world, setting, take) => {
    for (const index of world.writers.keys()) writerSteps(naive, world, index, setting, take)
    for (const index of world.readers.keys()) readerSteps(naive, world, index, take)
  }
}

function writerSteps(naive: NaiveProtocol, world: World, index: number, { scenario }: Setting, take: Take): void {
  const writer = world.writers[index]
  if (writer === undefined) return
  const act = (what: string, change: (next: World, self: Writer) => void): void => {
    take(`W${index + 1} ${what}`, (next) => change(next, (next.writers[index] = { ...writer })))
  }
  if (writer.at === 'open' && world.database.rowLock === 0) {
    act('begins, and updates the row', (next, own) => {
      next.database.rowLock = index + 1
      own.own = changeBit(scenario, 'writer', index)
      own.at = naive.before === 'nothing' ? 'ready' : 'intended'
    })
  }
  if (writer.at === 'intended') {
    act('stores the new value in the cache', (next, own) => {
      putKey(next.cache, 'value', valueOf(committedContent(next.database) | own.own))
      own.at = 'ready'
    })
  }
  if (writer.at === 'ready') {
    act('commits', ({ database }, own) => {
      commitContent(database, committedContent(database) | own.own, false)
      database.rowLock = 0
      own.at = naive.after === 'deletes' ? 'publishing' : 'committed'
    })
    if (world.faults.rollback > 0) {
      act('rolls back', (next, own) => {
        next.faults.rollback -= 1
        next.database.rowLock = 0
        own.at = naive.before === 'nothing' ? 'done' : 'releasing'
      })
    }
  }
  if (writer.at === 'publishing' || writer.at === 'releasing') {
    act('deletes the cached value', (next, own) => {
      next.cache.key = null
      own.at = own.at === 'publishing' ? 'committed' : 'done'
    })
  }
  if (writer.at === 'committed') {
    act('tells its caller that it is done', ({ database }, own) => {
      acknowledge(database, database.contents.find((content) => (content & own.own) !== 0) ?? 0)
      own.at = 'done'
    })
  }
  if (world.faults.kill > 0 && writer.at === 'publishing') {
    act('is killed', (next, own) => {
      next.faults.kill -= 1
      own.at = 'done'
    })
  }
}

function readerSteps(naive: NaiveProtocol, world: World, index: number, take: Take): void {
  const reader = world.readers[index]
  if (reader === undefined) return
  const act = (what: string, change: (next: World, self: Reader) => string | void): void => {
    take(`R${index + 1} ${what}`, (next) => change(next, (next.readers[index] = { ...reader })))
  }
  const { key } = world.cache
  if (reader.at === 'start') {
    const found =
      key?.kind === 'value' ? `finds the ${ageOf(world, key.content)} value in the cache` : 'finds nothing in the cache'
    act(key === null && naive.fill === 'lease' ? `${found}, and gets the lease` : found, (next, own) => {
      own.acknowledged = next.database.acknowledged
      own.seen = next.database.seen
      if (next.cache.key?.kind === 'value') {
        own.at = 'done'
        return answer(next, own, next.cache.key.content)
      }
      if (naive.fill === 'lease' && next.cache.key === null) own.token = putKey(next.cache, 'lease')
      own.at = 'row'
      return undefined
    })
  }
  if (reader.at === 'row') {
    const content = committedContent(world.database)
    act(`reads the ${content === 0 ? 'old' : 'new'} value from the database`, (next, own) => {
      own.value = valueOf(content)
      own.at = 'fill'
      return answer(next, own, content)
    })
  }
  if (reader.at === 'fill') {
    act(
      `${naive.fill === 'add' ? 'adds' : 'stores'} what it read, the ${ageOf(world, reader.value?.content ?? 0)} value`,
      (next, own) => {
        if (own.value !== null && mayFill(naive, next.cache, own)) putKey(next.cache, 'value', own.value)
        own.value = null
        own.at = 'done'
      },
    )
  }
}

function mayFill(naive: NaiveProtocol, { key }: CacheServer, { token }: Reader): boolean {
  if (naive.fill === 'set') return true
  return naive.fill === 'add' ? key === null : token !== 0 && key?.token === token
}

function ageOf({ database }: World, content: number): string {
  if (!database.contents.includes(content)) return 'uncommitted'
  return content === 0 ? 'old' : 'new'
}

function valueOf(content: number): Base {
  return { content, version: 0, generation: 0, incarnation: 0 }
}
