import type { Cache, CacheSettings, Entry, Found, Intended, Lookup, Token } from './contract.ts'

/** Something that this process did in the cache. */
export interface TrailEntry {
  /** When the answer came, in milliseconds since 1970. */
  readonly time: number
  readonly key: string
  /** What was done, and what became of it: `find: value`, `intend: acknowledged`, `store: refused`. */
  readonly what: string
}

// Enough to see what led to a stale read, in some hundred kilobytes.
const entriesMax = 4_096

/** A cache that remembers what was last done in it: the trail that belongs to the proof of a stale read. */
export class Trail implements Cache {
  readonly kind: Cache['kind']
  readonly location: string
  readonly name: string
  readonly settings: CacheSettings
  readonly #cache: Cache
  readonly #entries: TrailEntry[] = []
  #next = 0

  constructor(cache: Cache) {
    this.#cache = cache
    this.kind = cache.kind
    this.location = cache.location
    this.name = cache.name
    this.settings = cache.settings
  }

  /** What was last done under a key, oldest first. */
  of(key: string): TrailEntry[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)]
    return inOrder.filter((entry) => entry.key === key)
  }

  async find(lookups: readonly Lookup[]): Promise<Found[]> {
    const found = await this.#cache.find(lookups)
    for (const [index, { key }] of lookups.entries()) this.#note(key, `find: ${stateOf(found[index]!.entry)}`)
    return found
  }

  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    const intended = await this.#cache.intend(lookups)
    for (const [index, { key }] of lookups.entries()) {
      this.#note(key, `intend: ${intended[index]!.isAcknowledged ? 'acknowledged' : 'not acknowledged'}`)
    }
    return intended
  }

  async intendGuard(guard: string): Promise<Token[] | null> {
    const tokens = await this.#cache.intendGuard(guard)
    this.#note(guard, `intend: ${tokens === null ? 'not acknowledged' : 'acknowledged'}`)
    return tokens
  }

  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    const stored = await this.#cache.store(values)
    for (const [index, { token }] of values.entries())
      this.#note(token.key, `store: ${stored[index] === true ? 'stored' : 'refused'}`)
    return stored
  }

  async release(tokens: readonly Token[]): Promise<void> {
    await this.#cache.release(tokens)
    for (const { key } of tokens) this.#note(key, 'release')
  }

  async remove(keys: readonly string[]): Promise<boolean[]> {
    const removed = await this.#cache.remove(keys)
    for (const key of keys) this.#note(key, 'remove')
    return removed
  }

  close(): Promise<void> {
    return this.#cache.close()
  }

  #note(key: string, what: string): void {
    this.#entries[this.#next] = { time: Date.now(), key, what }
    this.#next = (this.#next + 1) % entriesMax
  }
}

function stateOf(entry: Entry): string {
  return entry.state === 'busy' ? `busy (${entry.reason})` : entry.state
}
