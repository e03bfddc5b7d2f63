import { AsyncLocalStorage } from 'node:async_hooks'
import { inject } from 'vitest'
import { openHand, type Hand } from '../../src/cli/prove/by-hand.ts'
import { openCache } from '../../src/cli/cache-url.ts'
import { DelayingCache } from '../../src/cli/prove/delaying-cache.ts'
import { delayingStorage } from '../../src/cli/prove/delaying-storage.ts'
import { Stockpile } from '../../src/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { Barriers } from './barriers.ts'
import { openStorage } from './open-storage.ts'
import { openPlainCache, type PlainCache } from './plain-cache.ts'

/** Somebody with a Stockpile, as a process of its own has it, who can be held up anywhere. */
export interface Somebody {
  readonly stockpile: Stockpile
  readonly barriers: Barriers
  /** Works outside of whatever transaction this is called in, as another process does. */
  apart<T>(this: void, work: () => T): T
}

/** A real database and a real cache, for code that tells a story. */
export interface StoryLab extends AsyncDisposable {
  /** A name for keys of one's own. */
  readonly name: string
  readonly cache: PlainCache
  /** Opens a connection of somebody's own to the database. */
  hand(): Promise<Hand>
  /** Opens a Stockpile with the cache, and one that removes values after changes by hand only when it is told to. */
  open(options?: { readonly relayMs?: number }): Promise<Somebody>
}

/**
 * Opens a lab.
 *
 * @param wheat how much users 1 and 2 of the app `farm` have before there is a cache; null for no Stockpile at all
 */
export async function openStoryLab(
  server: 'mysqlUrl' | 'postgresUrl',
  cache: 'memcachedUrl' | 'redisUrl',
  wheat: number | null,
): Promise<StoryLab> {
  const disposables = new AsyncDisposableStack()
  const database = disposables.use(await createDatabase(inject(server)))
  const plain = await openPlainCache(inject(cache))
  disposables.defer(() => plain.close())
  if (wheat !== null) {
    await using first = new Stockpile({ storage: await openStorage(database.url) })
    await first.migrate(['farm'])
    await first.deal([1, 2].map((user) => first.tally('farm', user).plan.set('wheat', wheat)))
  }
  return {
    name: database.name,
    cache: plain,
    hand: async () => {
      const hand = await openHand(database.url)
      disposables.defer(() => hand.close())
      return hand
    },
    open: async ({ relayMs = 0 } = {}) => {
      const barriers = new Barriers()
      const storage = delayingStorage(await openStorage(database.url), barriers)
      const own = new DelayingCache(await openCache(inject(cache), { relayMs }), barriers)
      const stockpile = disposables.use(new Stockpile({ storage, cache: own }))
      return { stockpile, barriers, apart: AsyncLocalStorage.snapshot() }
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  }
}
