import type { Entry, Found } from '../contract.ts'
import type { Exchange } from './connection.ts'
import type { Reply } from './parser.ts'
import { MemcachedToken } from './token.ts'

/** The client flags of a value. Those of a lease are 0: nobody has stored anything. */
export const valueFlags = 1

/** The client flags of an intent. */
export const intentFlags = 2

/** What is said of a key on a server that can't be asked. */
export const unreachable: Entry = { state: 'busy', reason: 'unreachable' }

const intentThere: Entry = { state: 'busy', reason: 'intent' }
const leaseTaken: Entry = { state: 'busy', reason: 'lease' }
const noRoom: Entry = { state: 'busy', reason: 'full' }

interface Call {
  /** Where its lookups begin. */
  readonly first: number
  readonly count: number
  readonly resolve: (found: (Found | null)[]) => void
}

/**
 * What is looked up together on one server: all keys first, then each guard once. Several calls of one turn share it, because a guard that
 * is read for another call as well is read after this one's keys all the same.
 */
export class Round implements Exchange {
  readonly #incarnation: string
  readonly #epoch: number
  readonly #keys: string[] = []
  /** The token that is known, by the key's place; undefined where none is. */
  readonly #known: (MemcachedToken | undefined)[] = []
  /** Which guard belongs to a key, by the key's place. */
  readonly #guardOf: number[] = []
  readonly #guards: string[] = []
  readonly #calls: Call[] = []
  /** Null: the value has changed, and has to be asked for. */
  readonly #entries: (Entry | null)[] = []
  readonly #guardEntries: Entry[] = []

  constructor(incarnation: string, epoch: number) {
    this.#incarnation = incarnation
    this.#epoch = epoch
  }

  get count(): number {
    return this.#keys.length + this.#guards.length
  }

  /** How many keys it has so far. */
  get keyCount(): number {
    return this.#keys.length
  }

  /** The guards that are to be read after the keys. */
  get guards(): readonly string[] {
    return this.#guards
  }

  /** Adds a key whose command was added to what is sent. */
  add(key: string, guard: string, known: MemcachedToken | undefined): void {
    this.#keys.push(key)
    this.#known.push(known)
    let place = this.#guards.indexOf(guard)
    if (place === -1) place = this.#guards.push(guard) - 1
    this.#guardOf.push(place)
  }

  /**
   * Promises an answer for the keys that were added last.
   *
   * @returns what was found, null for a key whose known value has changed and whose new one wasn't told
   */
  answer(count: number): Promise<(Found | null)[]> {
    const { promise, resolve } = Promise.withResolvers<(Found | null)[]>()
    this.#calls.push({ first: this.#keys.length - count, count, resolve })
    return promise
  }

  take(reply: Reply): void {
    const place = this.#entries.length
    const key = this.#keys[place]
    if (key !== undefined) {
      this.#entries.push(this.#entryOf(key, reply, this.#known[place]))
      return
    }
    const guard = this.#guards[this.#guardEntries.length] ?? ''
    this.#guardEntries.push(this.#entryOf(guard, reply, undefined) ?? noRoom)
    if (this.#guardEntries.length === this.#guards.length) this.#finish()
  }

  fail(): void {
    while (this.#guardEntries.length < this.#guards.length) this.#guardEntries.push(unreachable)
    while (this.#entries.length < this.#keys.length) this.#entries.push(unreachable)
    this.#finish()
  }

  #finish(): void {
    for (const { first, count, resolve } of this.#calls) {
      const found: (Found | null)[] = []
      for (let place = first; place < first + count; place++) {
        const entry = this.#entries[place] ?? null
        const guard = this.#guardEntries[this.#guardOf[place] ?? 0] ?? unreachable
        found.push(entry === null ? null : { entry, guard })
      }
      resolve(found)
    }
  }

  #entryOf(key: string, { code, cas, flags, lease, text }: Reply, known: MemcachedToken | undefined): Entry | null {
    if (code !== 'VA' && code !== 'HD') return noRoom
    if (lease === 'taken') return leaseTaken
    const token = new MemcachedToken(key, this.#incarnation, cas, this.#epoch)
    if (lease === 'won') return { state: 'leased', token }
    if (flags === intentFlags) return intentThere
    if (text !== null) return { state: 'value', token, text }
    return known !== undefined && known.cas === cas ? { state: 'known', token } : null
  }
}
