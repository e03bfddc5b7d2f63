import { randomBytes } from 'node:crypto'
import { DriverMissingError, UnsupportedCacheError } from '../../errors.ts'
import type { Cache, CacheSettings, Entry, Found, Intended, Lookup, Token } from '../contract.ts'
import type { Connection } from './connection.ts'
import { headChars, lifeAt, tokenHexes } from './scripts.ts'
import { Server, type Answer } from './server.ts'

/** The identity of an entry is how it begins. */
class RedisToken implements Token {
  readonly key: string
  readonly incarnation: string
  readonly head: string

  constructor(key: string, incarnation: string, head: string) {
    this.key = key
    this.incarnation = incarnation
    this.head = head
  }
}

// A script keeps everybody else waiting: about 4 µs, and 1 µs for each key, with values of a kilobyte.
const keysMax = 100
const charsMax = 1_000_000

const counterHexes = 8
const counterEnd = 16 ** counterHexes

const busy = {
  l: { state: 'busy', reason: 'lease' },
  i: { state: 'busy', reason: 'intent' },
  f: { state: 'busy', reason: 'full' },
  unreachable: { state: 'busy', reason: 'unreachable' },
} as const

const nowhere: Found = { entry: busy.unreachable, guard: busy.unreachable }

/** A cache on a Redis server: what it changes, a script changes, so that nothing comes between its steps. */
export class RedisCache implements Cache {
  readonly kind = 'redis'
  readonly location: string
  readonly name: string
  readonly settings: CacheSettings
  readonly #server: Server
  readonly #connection: Connection
  #tokenStart = ''
  #tokenCount = counterEnd

  constructor(options: {
    readonly connection: Connection
    readonly location: string
    readonly name: string
    readonly settings: CacheSettings
  }) {
    this.location = options.location
    this.name = options.name
    this.settings = options.settings
    this.#connection = options.connection
    this.#server = new Server(options.connection, options.location, options.settings.timeoutMs)
  }

  async find(lookups: readonly Lookup[]): Promise<Found[]> {
    if (lookups.length <= keysMax) return this.#find(lookups)
    return (await Promise.all(inParts(lookups).map((part) => this.#find(part)))).flat()
  }

  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    if (lookups.length <= keysMax) return this.#intend(lookups)
    return (await Promise.all(inParts(lookups).map((part) => this.#intend(part)))).flat()
  }

  async intendGuard(guard: string): Promise<Token[] | null> {
    const token = this.#newToken()
    const answer = await this.#server.run('intend', [guard], [token, String(this.settings.intentMs), '1'])
    if (answer instanceof Error) return null
    const done = answer.values[1]
    if (done === '-') return []
    if (done !== '+') return null
    return [new RedisToken(guard, answer.incarnation, `I${token}${answer.incarnation}`)]
  }

  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    const stored = values.map(() => false)
    const rounds = new Rounds()
    values.forEach(({ token, text }, at) => {
      if (!(token instanceof RedisToken) || !this.#fits(text)) return
      rounds.add(token, at, text.length)
    })
    await Promise.all(
      rounds.all().map(async ({ incarnation, tokens, places }) => {
        const args = [String(this.settings.ttlMs), `V${this.#newToken()}${incarnation}`]
        for (const [nth, { head }] of tokens.entries())
          args.push(head === tokens[nth - 1]?.head ? '' : head, values[places[nth]!]!.text)
        const keys = tokens.map(({ key }) => key)
        const answer = await this.#server.run('store', keys, args, incarnation)
        if (answer instanceof Error) return
        const done = String(answer.values[0])
        places.forEach((place, nth) => (stored[place] = done[nth] === '1'))
      }),
    )
    return stored
  }

  async release(tokens: readonly Token[]): Promise<void> {
    const rounds = new Rounds()
    tokens.forEach((token, at) => {
      if (token instanceof RedisToken) rounds.add(token, at, 0)
    })
    await Promise.all(
      rounds.all().map(({ incarnation, tokens: own }) => {
        const [keys, heads] = [own.map(({ key }) => key), own.map(({ head }) => head)]
        return this.#server.run('release', keys, heads, incarnation)
      }),
    )
  }

  async remove(keys: readonly string[]): Promise<boolean[]> {
    const parts = inParts(keys).map(async (part) => {
      const answer = await this.#server.run('remove', part, [])
      return part.map((_key, at) => !(answer instanceof Error) && answer.values[at] === '1')
    })
    return (await Promise.all(parts)).flat()
  }

  /** Waits for answers under way, which takes no longer than `timeoutMs`: a value that a writer has just sent is of use to others. */
  async close(): Promise<void> {
    await this.#server.idle()
    await this.#connection.close()
  }

  #find(lookups: readonly Lookup[]): Promise<Found[]> {
    const isPlain = this.#server.canReadPlainly && lookups.every(({ known }) => known === undefined)
    return isPlain ? this.#findPlainly(lookups) : this.#findByScript(lookups)
  }

  /** Reads without a script, and has a script look again after what isn't there, to take leases on it. */
  async #findPlainly(lookups: readonly Lookup[]): Promise<Found[]> {
    const { keys, guardAt } = keysOf(lookups)
    const answer = await this.#server.values(keys)
    if (answer instanceof Error) return lookups.map(() => nowhere)
    const entries = keys.map((key, at) => plainEntryOf(key, answer, at))
    const found = lookups.map((_lookup, at): Found | null => {
      const [entry, guard] = [entries[at] ?? null, entries[guardAt[at]!] ?? null]
      return entry === null || guard === null ? null : { entry, guard }
    })
    const missing = lookups.filter((_lookup, at) => found[at] === null)
    const leases = missing.length === 0 ? [] : await this.#findByScript(missing)
    return found.map((one) => one ?? leases.shift() ?? nowhere)
  }

  async #findByScript(lookups: readonly Lookup[]): Promise<Found[]> {
    const { keys, guardAt } = keysOf(lookups)
    const token = this.#newToken()
    const args = [token, String(this.settings.leaseMs)]
    if (lookups.some(({ known }) => known !== undefined)) args.push(...lookups.map(knownHeadOf))
    const answer = await this.#server.run('find', keys, args)
    if (answer instanceof Error) return lookups.map(() => nowhere)
    const guards = keys.slice(lookups.length).map((key, nth) => entryOf(key, answer, lookups.length + nth, token))
    return lookups.map(({ key, known }, at) => {
      const entry: Entry =
        answer.values[at] === 'k' ? { state: 'known', token: known! } : entryOf(key, answer, at, token)
      return { entry, guard: guards[guardAt[at]! - lookups.length]! }
    })
  }

  async #intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    const { keys, guardAt } = keysOf(lookups)
    const token = this.#newToken()
    const args = [token, String(this.settings.intentMs), String(lookups.length)]
    const answer = await this.#server.run('intend', keys, args)
    if (answer instanceof Error) return lookups.map(() => refusal(answer))
    const { values, incarnation } = answer
    const [done, fault] = [String(values[keys.length]), String(values[keys.length + 1])]
    const head = `I${token}${incarnation}`
    return lookups.map(({ key }, at) => {
      if (done[at] !== '+' && done[at] !== '-') return { isAcknowledged: false, reason: fault }
      return {
        isAcknowledged: true,
        token: done[at] === '+' ? new RedisToken(key, incarnation, head) : null,
        before: textOf(values[at]),
        guard: textOf(values[guardAt[at]!]),
        incarnation,
      }
    })
  }

  #fits(text: string): boolean {
    const { valueBytesMax } = this.settings
    // A character has three bytes at most, those with four count as two characters.
    return text.length * 3 <= valueBytesMax || Buffer.byteLength(text) <= valueBytesMax
  }

  /** One that nobody else has: random for this cache, then counted. All entries of a round may have the same, under keys of their own. */
  #newToken(): string {
    if (this.#tokenCount === counterEnd) {
      this.#tokenStart = randomBytes((tokenHexes - counterHexes) / 2).toString('hex')
      this.#tokenCount = 0
    }
    return this.#tokenStart + (this.#tokenCount++).toString(16).padStart(counterHexes, '0')
  }
}

/** Why an intent is not acknowledged. */
function refusal(error: Error): Intended {
  const isLasting = error instanceof UnsupportedCacheError || error instanceof DriverMissingError
  const cause = isLasting ? { cause: error } : {}
  return { isAcknowledged: false, reason: error.message, ...cause }
}

/** Tokens, to be sent in rounds that are not too large, each of one life. */
class Rounds {
  readonly #rounds: { incarnation: string; tokens: RedisToken[]; places: number[]; chars: number }[] = []

  add(token: RedisToken, place: number, chars: number): void {
    let round = this.#rounds.at(-1)
    const isOver =
      round === undefined ||
      round.incarnation !== token.incarnation ||
      round.tokens.length === keysMax ||
      round.chars + chars > charsMax
    if (round === undefined || isOver) {
      round = { incarnation: token.incarnation, tokens: [], places: [], chars: 0 }
      this.#rounds.push(round)
    }
    round.tokens.push(token)
    round.places.push(place)
    round.chars += chars
  }

  all() {
    return this.#rounds
  }
}

function inParts<T>(all: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < all.length; start += keysMax) parts.push(all.slice(start, start + keysMax))
  return parts
}

/** The keys of a round, then their guards, each once; and where among them the guard of each lookup is. */
function keysOf(lookups: readonly Lookup[]): { keys: string[]; guardAt: number[] } {
  const keys = lookups.map(({ key }) => key)
  const places = new Map<string, number>()
  const guardAt = lookups.map(({ guard }) => {
    let place = places.get(guard)
    if (place === undefined) {
      place = keys.push(guard) - 1
      places.set(guard, place)
    }
    return place
  })
  return { keys, guardAt }
}

function knownHeadOf({ known }: Lookup): string {
  return known instanceof RedisToken ? known.head : ''
}

/** What the script `find` answered of a key. */
function entryOf(key: string, { values, incarnation }: Answer, at: number, token: string): Entry {
  const value = values[at]
  if (value === '+') return { state: 'leased', token: new RedisToken(key, incarnation, `L${token}${incarnation}`) }
  if (value === 'l' || value === 'i' || value === 'f') return busy[value]
  const entry = String(value)
  return {
    state: 'value',
    token: new RedisToken(key, incarnation, entry.slice(0, headChars)),
    text: entry.slice(headChars),
  }
}

/** What lies under a key that was read without a script; null of nothing, and of what belongs to another life. */
function plainEntryOf(key: string, { values, incarnation }: Answer, at: number): Entry | null {
  const entry = values[at]
  if (typeof entry !== 'string' || entry.length < headChars || !entry.startsWith(incarnation, lifeAt)) return null
  if (entry.startsWith('L')) return busy.l
  if (entry.startsWith('I')) return busy.i
  if (!entry.startsWith('V')) return null
  return {
    state: 'value',
    token: new RedisToken(key, incarnation, entry.slice(0, headChars)),
    text: entry.slice(headChars),
  }
}

/** The text of an entry, null of nothing. */
function textOf(entry: unknown): string | null {
  return entry === '' ? null : String(entry).slice(headChars)
}
