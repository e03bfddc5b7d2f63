import type { UnsupportedCacheError } from '../../errors.ts'
import type { CacheSettings, Found, Intended, Lookup, Token } from '../contract.ts'
import type { Address } from './address.ts'
import { Channel } from './channel.ts'
import { Connection } from './connection.ts'
import { greet } from './handshake.ts'
import { unreachable } from './round.ts'

// After the first failure, and doubled with each further one: a server that restarts is back soon, one that is gone isn't asked all the time.
const pauseMsMin = 25
const pauseMsMax = 1_000

/**
 * One server and the way to it. The connection is made with the first call, and made anew when it is lost. While a server is known to be
 * away, nobody waits for it: readers not at all, writers only while a new connection is being made.
 */
export class Server {
  readonly location: string
  readonly #address: Address
  readonly #settings: CacheSettings
  #channel: Channel | null = null
  #connection: Connection | null = null
  #opening: Promise<Channel | null> | null = null
  #failures = 0
  #retryAtMs = 0
  #reason = 'it has not been asked yet'
  #error: UnsupportedCacheError | null = null
  #isClosed = false

  constructor(address: Address, settings: CacheSettings) {
    this.#address = address
    this.location = address.name
    this.#settings = settings
  }

  /** The connection that there is, by its epoch; 0 where there is none. */
  get epoch(): number {
    return this.#channel?.epoch ?? 0
  }

  /** What the contract says, for the keys of this server; so do the others. */
  find(lookups: readonly Lookup[]): Promise<Found[]> {
    return this.#channel?.find(lookups) ?? this.#findOnceOpen(lookups)
  }

  async #findOnceOpen(lookups: readonly Lookup[]): Promise<Found[]> {
    const channel = await this.#open(false)
    if (channel !== null) return channel.find(lookups)
    return lookups.map(() => ({ entry: unreachable, guard: unreachable }))
  }

  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    const channel = this.#channel ?? (await this.#open(true))
    if (channel !== null) {
      const intended = await channel.intend(lookups)
      return intended.map((one) => (one.isAcknowledged ? one : { ...one, reason: `${this.location}: ${one.reason}` }))
    }
    const reason = this.#error?.message ?? `${this.location}: ${this.#reason}`
    const cause = this.#error === null ? {} : { cause: this.#error }
    return lookups.map(() => ({ isAcknowledged: false, reason, ...cause }))
  }

  /** Puts an intent on this server's copy of a guard: what `Channel.intendGuard` says. */
  async intendGuard(guard: string): Promise<Token | null | undefined> {
    const channel = this.#channel ?? (await this.#open(true))
    return channel?.intendGuard(guard)
  }

  /** Only over the connection that there is: a token doesn't outlive its own. */
  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    return this.#channel?.store(values) ?? values.map(() => false)
  }

  async release(tokens: readonly Token[]): Promise<void> {
    await this.#channel?.release(tokens)
  }

  async remove(keys: readonly string[]): Promise<boolean[]> {
    const channel = this.#channel ?? (await this.#open(true))
    return channel?.remove(keys) ?? keys.map(() => false)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#reason = 'the cache was closed'
    if (this.#opening !== null) this.#connection?.end(this.#reason)
    await this.#opening
    const channel = this.#channel
    this.#channel = null
    await channel?.close()
  }

  /** Not async, and what it returns is awaited by nothing in between: calls that wait here go on in the order in which they were made. */
  #open(isPatient: boolean): Promise<Channel | null> {
    const isKnownToBeAway = this.#failures > 0
    if (this.#opening === null) {
      if (this.#isClosed || performance.now() < this.#retryAtMs) return Promise.resolve(null)
      const opening = this.#connect()
      this.#opening = opening
      // The first to be told, so that a call that is made meanwhile overtakes none that waits.
      void opening.then((channel) => {
        this.#opening = null
        this.#channel = channel
      })
    }
    return isKnownToBeAway && !isPatient ? Promise.resolve(null) : this.#opening
  }

  /** Never rejects. */
  async #connect(): Promise<Channel | null> {
    const connection = new Connection(this.#address.target, this.#settings.timeoutMs)
    this.#connection = connection
    const greeting = await greet(connection, this.location)
    if ('features' in greeting && !connection.hasEnded) {
      this.#failures = 0
      this.#error = null
      const channel = new Channel(connection, greeting.features, this.#settings)
      connection.onEnd = (reason) => this.#lose(connection, reason)
      return channel
    }
    this.#error = 'error' in greeting ? greeting.error : null
    this.#fail('reason' in greeting ? greeting.reason : 'the connection was lost at once')
    connection.end(this.#reason)
    return null
  }

  #lose(connection: Connection, reason: string): void {
    this.#channel = null
    // One that has closed the connection may be back already; one that doesn't answer is not to be waited for again.
    if (connection.isTimedOut) this.#fail(reason)
    else if (!this.#isClosed) this.#reason = reason
  }

  #fail(reason: string): void {
    if (!this.#isClosed) this.#reason = reason
    // Spread, so that the processes of one application don't come back all at once.
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** this.#failures) * (0.5 + Math.random() / 2)
    this.#failures++
    this.#retryAtMs = performance.now() + pauseMs
  }
}
