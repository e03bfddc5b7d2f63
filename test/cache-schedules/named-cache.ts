import type { Cache, CacheSettings, Found, Intended, Lookup, Token } from '../../src/cache/contract.ts'
import type { Life, Point } from './life.ts'

/** The server that processes share; a restart puts another one in its place. */
export interface CacheServer {
  current: Cache
  /** Every key that was ever used. */
  readonly keys: Set<string>
}

/** What becomes of an intent that isn't acknowledged: it gets `lost` on its way, or only its answer does. */
export type Nack = 'lost' | 'unanswered'

/** The way of one process to the cache server: its steps have names, and its calls are carried out in their order. */
export class NamedCache implements Cache {
  readonly kind = 'memcached'
  readonly location = 'memory'
  readonly name = 'shared by all processes'
  readonly settings: CacheSettings
  readonly #server: CacheServer
  readonly #life: Life
  readonly #nacks: (Nack | null)[]
  readonly #intents = new WeakSet<Token>()
  #last: Promise<unknown> = Promise.resolve()

  /** @param nacks what becomes of the process's intents, in their order; those behind the last are acknowledged */
  constructor(server: CacheServer, life: Life, settings: CacheSettings, nacks: readonly (Nack | null)[]) {
    this.#server = server
    this.#life = life
    this.settings = settings
    this.#nacks = [...nacks]
  }

  async find(lookups: readonly Lookup[]): Promise<Found[]> {
    this.#remember(lookups)
    const found = await this.#call(null, (cache) => cache.find(lookups))
    const isLeased = found.some(({ entry }) => entry.state === 'leased')
    await this.#life.here(isLeased ? 'lease.won' : 'get.replied')
    return found
  }

  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    this.#remember(lookups)
    const nack = this.#nacks.shift() ?? null
    const intended = await this.#call('intent.sent', async (cache) => (nack === 'lost' ? [] : cache.intend(lookups)))
    await this.#life.here('intent.acked')
    if (nack !== null) return lookups.map(() => ({ isAcknowledged: false, reason: nack }))
    for (const one of intended) if (one.isAcknowledged && one.token !== null) this.#intents.add(one.token)
    return intended
  }

  async intendGuard(guard: string): Promise<Token[] | null> {
    const nack = this.#nacks.shift() ?? null
    const tokens = await this.#call('intent.sent', async (cache) => (nack === 'lost' ? [] : cache.intendGuard(guard)))
    await this.#life.here('intent.acked')
    if (nack !== null) return null
    for (const token of tokens ?? []) this.#intents.add(token)
    return tokens
  }

  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    const isPublish = values.every(({ token }) => this.#intents.has(token))
    const stored = await this.#call(isPublish ? 'publish.sent' : 'fill.sent', (cache) => cache.store(values))
    await this.#life.here('stored')
    return stored
  }

  release(tokens: readonly Token[]): Promise<void> {
    return this.#call('release.sent', (cache) => cache.release(tokens))
  }

  async remove(keys: readonly string[]): Promise<boolean[]> {
    const removed = await this.#call('remove.sent', (cache) => cache.remove(keys))
    await this.#life.here('remove.acked')
    return removed
  }

  async close(): Promise<void> {}

  #call<T>(point: Point | null, work: (cache: Cache) => Promise<T>): Promise<T> {
    const before = this.#last
    const call = (async () => {
      await before
      if (point !== null) await this.#life.there(point)
      return work(this.#server.current)
    })()
    this.#last = call
    return call
  }

  #remember(lookups: readonly Lookup[]): void {
    for (const { key, guard } of lookups) this.#server.keys.add(key).add(guard)
  }
}
