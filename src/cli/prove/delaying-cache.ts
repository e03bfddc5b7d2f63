import type { Cache, CacheFound, CacheIntended, CacheLookup, CacheSettings, CacheToken } from '../../index.ts'
import type { Pauses } from './pauses.ts'
import type { Random } from './random.ts'

/** A cache that takes its time, before and after everything that it is asked for. */
export class DelayingCache implements Cache {
  readonly kind: Cache['kind']
  readonly location: string
  readonly name: string
  readonly settings: CacheSettings
  readonly #cache: Cache
  readonly #pauses: Pick<Pauses, 'at'>
  readonly #keys = new Set<string>()

  constructor(cache: Cache, pauses: Pick<Pauses, 'at'>) {
    this.kind = cache.kind
    this.location = cache.location
    this.name = cache.name
    this.settings = cache.settings
    this.#cache = cache
    this.#pauses = pauses
  }

  /** Removes what lies under a key that was used before, as a cache does that has no more room: a value, a lease, an intent or a guard. */
  async evict(random: Random): Promise<void> {
    const keys = [...this.#keys]
    if (keys.length > 0) await this.#cache.remove([random.pick(keys)])
  }

  async find(lookups: readonly CacheLookup[]): Promise<CacheFound[]> {
    this.#remember(lookups)
    await this.#pauses.at('before the cache is read')
    const found = await this.#cache.find(lookups)
    await this.#pauses.at('after the cache was read')
    return found
  }

  async intend(lookups: readonly CacheLookup[]): Promise<CacheIntended[]> {
    this.#remember(lookups)
    await this.#pauses.at('before the intent')
    const intended = await this.#cache.intend(lookups)
    await this.#pauses.at('after the intent')
    return intended
  }

  async intendGuard(guard: string): Promise<CacheToken[] | null> {
    await this.#pauses.at('before the intent')
    const tokens = await this.#cache.intendGuard(guard)
    await this.#pauses.at('after the intent')
    return tokens
  }

  async store(values: readonly { readonly token: CacheToken; readonly text: string }[]): Promise<boolean[]> {
    await this.#pauses.at('before the value is stored')
    const stored = await this.#cache.store(values)
    await this.#pauses.at('after the value was stored')
    return stored
  }

  async release(tokens: readonly CacheToken[]): Promise<void> {
    await this.#pauses.at('before the token is released')
    await this.#cache.release(tokens)
  }

  remove(keys: readonly string[]): Promise<boolean[]> {
    return this.#cache.remove(keys)
  }

  close(): Promise<void> {
    return this.#cache.close()
  }

  #remember(lookups: readonly CacheLookup[]): void {
    for (const { key, guard } of lookups) this.#keys.add(key).add(guard)
  }
}
