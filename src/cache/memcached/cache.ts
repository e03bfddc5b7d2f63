import assert from 'node:assert'
import type { Cache, CacheSettings, Found, Intended, Lookup, Token } from '../contract.ts'
import type { Address } from './address.ts'
import { rendezvous } from './rendezvous.ts'
import { unreachable } from './round.ts'
import { Server } from './server.ts'
import { MemcachedToken } from './token.ts'

/** A cache of one or several memcached servers, each with the keys that fall to it. */
export class MemcachedCache implements Cache {
  readonly kind = 'memcached'
  readonly location: string
  readonly name: string
  readonly settings: CacheSettings
  readonly #servers: readonly Server[]
  readonly #first: Server
  readonly #placeOf: (key: string) => number

  constructor(addresses: readonly Address[], settings: CacheSettings) {
    const names = addresses.map(({ name }) => name)
    this.location = `memcached://${names.join(',')}`
    this.name = this.location
    this.settings = settings
    this.#servers = addresses.map((address) => new Server(address, settings))
    const [first] = this.#servers
    assert(first !== undefined)
    this.#first = first
    this.#placeOf = rendezvous(names)
  }

  find(lookups: readonly Lookup[]): Promise<Found[]> {
    assert(areKeys(lookups))
    // A round that asks for nothing has no answer to wait for.
    if (lookups.length === 0) return Promise.resolve([])
    if (this.#servers.length === 1) return this.#first.find(lookups)
    const none: Found = { entry: unreachable, guard: unreachable }
    return this.#spread(
      lookups,
      ({ key }) => this.#placeOf(key),
      (server, part) => server.find(part),
      none,
    )
  }

  intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    assert(areKeys(lookups))
    if (this.#servers.length === 1) return this.#first.intend(lookups)
    const none: Intended = { isAcknowledged: false, reason: 'it has no server' }
    return this.#spread(
      lookups,
      ({ key }) => this.#placeOf(key),
      (server, part) => server.intend(part),
      none,
    )
  }

  async intendGuard(guard: string): Promise<Token[] | null> {
    assert(isKey(guard))
    const tokens = await Promise.all(this.#servers.map((server) => server.intendGuard(guard)))
    if (tokens.includes(undefined)) return null
    return tokens.flatMap((token) => token ?? [])
  }

  store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    if (this.#servers.length === 1) return this.#first.store(values)
    return this.#spread(
      values,
      ({ token }) => this.#ownerOf(token),
      (server, part) => server.store(part),
      false,
    )
  }

  async release(tokens: readonly Token[]): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.release(tokens)))
  }

  remove(keys: readonly string[]): Promise<boolean[]> {
    for (const key of keys) assert(isKey(key))
    if (this.#servers.length === 1) return this.#first.remove(keys)
    return this.#spread(keys, this.#placeOf, (server, part) => server.remove(part), false)
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()))
  }

  /** The server over whose connection a token came: a guard has a copy on each. */
  #ownerOf(token: Token): number {
    return token instanceof MemcachedToken ? this.#servers.findIndex(({ epoch }) => epoch === token.epoch) : -1
  }

  /**
   * Has every server do its part, all at once.
   *
   * @param none the answer for what falls to no server
   */
  async #spread<Given, Answer>(
    all: readonly Given[],
    placeOf: (one: Given) => number,
    work: (server: Server, part: readonly Given[]) => Promise<Answer[]>,
    none: Answer,
  ): Promise<Answer[]> {
    const answers = all.map(() => none)
    const parts = new Map<number, number[]>()
    for (const [index, one] of all.entries()) {
      const place = placeOf(one)
      const part = parts.get(place)
      if (part === undefined) parts.set(place, [index])
      else part.push(index)
    }
    await Promise.all(
      [...parts].map(async ([place, indexes]) => {
        const server = this.#servers[place]
        if (server === undefined) return
        const found = await work(
          server,
          indexes.flatMap((index) => all[index] ?? []),
        )
        for (const [at, index] of indexes.entries()) answers[index] = found[at] ?? none
      }),
    )
    return answers
  }
}

const keyPattern = /^[!-~]{1,250}$/

/** Whether all keys can be sent as they are: anything else would be taken for commands. */
function areKeys(lookups: readonly Lookup[]): boolean {
  let last = ''
  for (const { key, guard } of lookups) {
    if (!isKey(key)) return false
    // Most of the time all have the same.
    if (guard !== last && !isKey(guard)) return false
    last = guard
  }
  return true
}

function isKey(key: string): boolean {
  return keyPattern.test(key)
}
