import { randomUUID } from 'node:crypto'
import type { Cache, CacheSettings, Entry, Found, Intended, Lookup, Token } from '../contract.ts'
import { Entries } from './entries.ts'

/** A cache in this process. What it is asked to do is done at once, and the answer comes later, as a server's would. */
export class MemoryCache implements Cache {
  readonly kind = 'memory'
  readonly location = 'memory of this process'
  readonly name: string
  readonly settings: CacheSettings
  readonly #incarnation: string = randomUUID()
  readonly #entries: Entries

  constructor(options: {
    readonly settings: CacheSettings
    readonly bytesMax: number
    readonly elapsedMs: () => number
  }) {
    this.name = `memory:${this.#incarnation}`
    this.settings = options.settings
    this.#entries = new Entries(options.bytesMax, options.elapsedMs)
  }

  async find(lookups: readonly Lookup[]): Promise<Found[]> {
    const entries = lookups.map(({ key, known }) => this.#find(key, known))
    const guards = new Map<string, Entry>()
    return lookups.map(({ guard: key }, at) => {
      let guard = guards.get(key)
      if (guard === undefined) guards.set(key, (guard = this.#find(key)))
      return { entry: entries[at]!, guard }
    })
  }

  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    return lookups.map(({ key, guard }) => {
      const before = this.#textOf(key)
      const token = this.#put(key, 'intent')
      return { isAcknowledged: true, token, before, guard: this.#textOf(guard), incarnation: this.#incarnation }
    })
  }

  async intendGuard(guard: string): Promise<Token[] | null> {
    const token = this.#put(guard, 'intent')
    return token === null ? [] : [token]
  }

  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    return values.map(({ token, text }) => {
      if (this.#entries.find(token.key)?.token !== token) return false
      if (Buffer.byteLength(text) > this.settings.valueBytesMax) return false
      return this.#put(token.key, 'value', text) !== null
    })
  }

  async release(tokens: readonly Token[]): Promise<void> {
    for (const token of tokens) {
      if (this.#entries.find(token.key)?.token === token) this.#entries.remove(token.key)
    }
  }

  async remove(keys: readonly string[]): Promise<boolean[]> {
    return keys.map((key) => {
      this.#entries.remove(key)
      return true
    })
  }

  /** There is nothing to end, and who else shares it goes on. */
  async close(): Promise<void> {}

  #find(key: string, known?: Token): Entry {
    const found = this.#entries.find(key)
    if (found === undefined) {
      const token = this.#put(key, 'lease')
      return token === null ? { state: 'busy', reason: 'full' } : { state: 'leased', token }
    }
    const { kind, token, text } = found
    if (kind !== 'value') return { state: 'busy', reason: kind }
    return token === known ? { state: 'known', token } : { state: 'value', token, text }
  }

  #textOf(key: string): string | null {
    const found = this.#entries.find(key)
    return found?.kind === 'value' ? found.text : null
  }

  /** Replaces what lies under a key; null where there is no room, and then nothing lies there. */
  #put(key: string, kind: 'value' | 'lease' | 'intent', text = ''): Token | null {
    const token: Token = { key, incarnation: this.#incarnation }
    const { ttlMs, leaseMs, intentMs } = this.settings
    const staysMs = kind === 'value' ? ttlMs : kind === 'lease' ? leaseMs : intentMs
    return this.#entries.put({ kind, token, text }, staysMs) ? token : null
  }
}
