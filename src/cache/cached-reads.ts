import type { AccountName, HoldingAnswer, HoldingQuery } from '../storage/contract.ts'
import type { WholeAnswer } from '../storage/cached-contract.ts'
import { accountText, answerOf, guardText, isTooLarge, presentVersion, tooLargeText } from './account-text.ts'
import type { Cache, Entry, Found, Lookup, Token } from './contract.ts'
import type { Keys } from './keys.ts'
import { NearCopies } from './near-copies.ts'
import type { CacheStatistics } from './statistics.ts'

// As many keys as one round asks after: the first rounds are answered, and their callers ask again, while the server is at the last ones.
const keysPerRound = 32
// Between two looks at another's lease: its fill takes about as long as one read of the database.
const firstLookMs = 2

/** How a cache's reads reach the database. */
export interface DatabaseReads {
  /** Reads what a query asks for. */
  read(query: HoldingQuery): Promise<HoldingAnswer>
  /** Reads whole accounts, and tells which may be kept. */
  wholes(accounts: readonly AccountName[]): Promise<WholeAnswer[]>
}

/** Readings of one account that are answered together, by one lookup. */
interface Ask extends AccountName, Lookup {
  /** The copy of the moment in which the cache is asked: another round may replace it before the answer is here. */
  known: Token | undefined
  copy: string | undefined
  readonly readings: Reading[]
  /** Whether what is cached is to be read anew. */
  readonly isRefresh: boolean
  /** Until when it waits for others' fills, and how long it waited last. */
  waitUntil: number
  lookMs: number
}

interface Reading {
  readonly query: HoldingQuery
  resolve(answer: HoldingAnswer): void
  reject(error: unknown): void
}

/** An ask that reads the database, with the right to fill; null where it only reads. */
interface Filling {
  readonly ask: Ask
  readonly token: Token | null
}

/**
 * Reads through the cache: one pipelined round for all accounts that are asked for at the same moment. Who finds nothing takes a lease
 * before it touches the database, and stores what it read only by its lease, and only if the account was seen unlocked meanwhile.
 */
export class CachedReads {
  readonly #cache: Cache
  readonly #keys: Keys
  readonly #database: DatabaseReads
  readonly #statistics: CacheStatistics
  readonly #near: NearCopies
  #queue = new Map<string, Ask>()
  #isScheduled = false
  #roundsUnderWay = 0
  #readingsUnderWay = 0
  #tellIdle: (() => void) | null = null
  /** Fills under way in this process that others may wait for; each tells whether it was stored. */
  readonly #flights = new Map<string, Promise<boolean>>()

  constructor(cache: Cache, keys: Keys, database: DatabaseReads, statistics: CacheStatistics) {
    this.#cache = cache
    this.#keys = keys
    this.#database = database
    this.#statistics = statistics
    this.#near = new NearCopies(cache.settings.nearBytesMax)
  }

  /** Reads what a query asks for; `isRefresh` reads the database and rewrites what is cached. */
  read(query: HoldingQuery, isRefresh: boolean): Promise<HoldingAnswer> {
    return new Promise((resolve, reject) => {
      const key = this.#keys.account(query.app, query.user)
      const name = isRefresh ? `${key} refresh` : key
      const reading: Reading = { query, resolve, reject }
      const ask = this.#queue.get(name)
      if (ask === undefined) {
        const { app, user } = query
        this.#queue.set(name, {
          app,
          user,
          key,
          guard: this.#keys.guard(app),
          known: undefined,
          copy: undefined,
          readings: [reading],
          isRefresh,
          waitUntil: 0,
          lookMs: firstLookMs,
        })
      } else ask.readings.push(reading)
      this.#readingsUnderWay += 1
      this.#schedule()
    })
  }

  /** Waits until all reads that were asked for are answered. */
  async idle(): Promise<void> {
    if (this.#readingsUnderWay === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tellIdle = resolve
    await promise
  }

  #settled(count: number): void {
    this.#readingsUnderWay -= count
    if (this.#readingsUnderWay === 0) this.#tellIdle?.()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // All reads of the same moment are one round. While the cache is at others, there is time for those of this whole turn of the event loop.
    if (this.#roundsUnderWay === 0) process.nextTick(this.#start)
    else setImmediate(this.#start)
  }

  readonly #start = (): void => {
    this.#isScheduled = false
    const asks = [...this.#queue.values()]
    this.#queue = new Map()
    const alone: Ask[] = []
    const waitUntil = performance.now() + this.#cache.settings.waitMs
    for (const ask of asks) {
      ask.waitUntil = waitUntil
      const flight = ask.isRefresh ? undefined : this.#flights.get(ask.key)
      if (flight === undefined) alone.push(ask)
      else void this.#join(ask, flight)
    }
    for (let start = 0; start < alone.length; start += keysPerRound)
      void this.#round(alone.slice(start, start + keysPerRound))
  }

  async #round(asks: readonly Ask[]): Promise<void> {
    for (const ask of asks) {
      // I7: what the server is asked after is what is used.
      const near = this.#near.find(ask.key)
      ask.known = near?.token
      ask.copy = near?.text
    }
    this.#roundsUnderWay += 1
    const found = await this.#cache.find(asks)
    this.#roundsUnderWay -= 1
    const fillings: Filling[] = []
    const waiting: Ask[] = []
    const guards = new Map<Token, AccountName>()
    for (const [index, ask] of asks.entries()) {
      const { entry, guard } = found[index]!
      if (guard.state === 'leased' && !guards.has(guard.token)) guards.set(guard.token, ask)
      if (this.#hit(ask, found[index]!)) continue
      if (entry.state !== 'busy') fillings.push({ ask, token: entry.token })
      else if (entry.reason === 'lease' && !ask.isRefresh && performance.now() < ask.waitUntil) waiting.push(ask)
      else this.#plainly(ask, reasonOf(entry))
    }
    // A guard without an account to fill is read along with one that isn't filled.
    for (const [, { app, user }] of guards) {
      if (!fillings.some(({ ask }) => ask.app === app)) {
        const readings: Reading[] = []
        const key = this.#keys.account(app, user)
        const nearby = { known: undefined, copy: undefined }
        const waits = { isRefresh: false, waitUntil: 0, lookMs: firstLookMs }
        fillings.push({ ask: { app, user, key, guard: '', ...nearby, readings, ...waits }, token: null })
      }
    }
    if (waiting.length > 0) this.#lookAgain(waiting)
    if (fillings.length > 0) await this.#fill(fillings, guards)
  }

  /** Answers an ask by what was found, if that is a value of the present. */
  #hit(ask: Ask, { entry, guard }: Found): boolean {
    if (ask.isRefresh || (entry.state !== 'value' && entry.state !== 'known')) return false
    const text = entry.state === 'value' ? entry.text : ask.copy
    if (text === undefined) return false
    const version = guard.state === 'value' ? presentVersion(text, guard.text, entry.token.incarnation) : null
    if (version === null) return false
    if (entry.state === 'value') this.#near.keep(entry.token, text)
    else this.#statistics.nearHits += ask.readings.length
    if (isTooLarge(text)) {
      this.#plainly(ask, 'tooLargeMisses')
      return true
    }
    this.#statistics.hits += ask.readings.length
    for (const reading of ask.readings) reading.resolve(new CachedAnswer(version, text, reading.query))
    this.#settled(ask.readings.length)
    return true
  }

  /**
   * Waits for a fill of this process, and looks in the cache then. What was read for the fill is no answer by itself: a change of the whole app
   * that was committed meanwhile doesn't hinder the fill, it makes the value useless (I7).
   */
  async #join(ask: Ask, flight: Promise<boolean>): Promise<void> {
    if (await inTime(flight, ask.waitUntil - performance.now())) await this.#round([ask])
    else this.#plainly(ask, 'leaseMisses')
  }

  /** Looks again a little later at what others are filling. */
  #lookAgain(asks: readonly Ask[]): void {
    const now = performance.now()
    const wait = Math.min(...asks.map(({ lookMs, waitUntil }) => Math.min(lookMs, Math.max(1, waitUntil - now))))
    setTimeout(() => {
      for (const ask of asks) ask.lookMs *= 2
      void this.#round(asks)
    }, wait)
  }

  /** Reads the database and fills nothing. */
  #plainly(ask: Ask, reason: 'leaseMisses' | 'intentMisses' | 'tooLargeMisses' | 'unreachableMisses' | null): void {
    this.#statistics.misses += ask.readings.length
    if (reason !== null) this.#statistics[reason] += ask.readings.length
    for (const reading of ask.readings) {
      this.#database.read(reading.query).then(
        (answer) => {
          reading.resolve(answer)
          this.#settled(1)
        },
        (error: unknown) => {
          reading.reject(error)
          this.#settled(1)
        },
      )
    }
  }

  /** Reads whole accounts, answers, and stores them by their tokens. */
  async #fill(fillings: readonly Filling[], guards: ReadonlyMap<Token, AccountName>): Promise<void> {
    const ends: ((isStored: boolean) => void)[] = []
    for (const { ask, token } of fillings) {
      if (token === null) continue
      const flight = new Promise<boolean>((resolve) => ends.push(resolve))
      this.#flights.set(ask.key, flight)
    }
    const tokens = fillings.flatMap(({ token }) => token ?? [])
    let stored: readonly boolean[] = tokens.map(() => false)
    try {
      const answers = await this.#database.wholes(fillings.map(({ ask: { app, user } }) => ({ app, user })))
      for (const [index, { ask }] of fillings.entries()) {
        this.#statistics.misses += ask.readings.length
        // None of them is answered twice, whatever fails later.
        const readings = ask.readings.splice(0)
        answerAll(readings, (query) => part(answers[index]!, query))
        this.#settled(readings.length)
      }
      stored = await this.#store(fillings, answers, guards)
    } catch {
      // One account alone may be to blame: each read finds out by itself.
      this.#land(fillings)
      for (const { ask } of fillings) this.#plainly(ask, null)
      void this.#cache.release([...tokens, ...guards.keys()])
    }
    for (const [index, end] of ends.entries()) end(stored[index] === true)
  }

  /** Stores what was read. Nobody needs to wait for it from here on: who asks the cache now is answered after it. */
  async #store(
    fillings: readonly Filling[],
    answers: readonly WholeAnswer[],
    guards: ReadonlyMap<Token, AccountName>,
  ): Promise<boolean[]> {
    const values: { token: Token; text: string }[] = []
    const useless: Token[] = []
    for (const [token, { app }] of guards) {
      const answer = answers[fillings.findIndex(({ ask }) => ask.app === app)]!
      if (answer.isGenerationUnlocked) values.push({ token, text: guardText(token.incarnation, answer.generation) })
      else useless.push(token)
    }
    const first = values.length
    const places: (number | null)[] = []
    for (const [index, { token }] of fillings.entries()) {
      if (token === null) continue
      const answer = answers[index]!
      places.push(answer.isUnlocked ? values.length : null)
      if (answer.isUnlocked) values.push({ token, text: this.#text(token, answer) })
      else useless.push(token)
    }
    this.#land(fillings)
    if (useless.length > 0) void this.#cache.release(useless)
    const stored = values.length === 0 ? [] : await this.#cache.store(values)
    const fills = stored.slice(first)
    const count = fills.filter(Boolean).length
    this.#statistics.fills += count
    this.#statistics.fillsRefused += places.length - count
    return places.map((place) => place !== null && stored[place] === true)
  }

  #land(fillings: readonly Filling[]): void {
    for (const { ask } of fillings) this.#flights.delete(ask.key)
  }

  #text({ incarnation }: Token, answer: WholeAnswer): string {
    const stamps = { incarnation, generation: answer.generation.toString(), version: answer.version }
    const text = accountText(stamps, answer)
    return Buffer.byteLength(text) > this.#cache.settings.valueBytesMax ? tooLargeText(stamps) : text
  }
}

function reasonOf({ reason }: Extract<Entry, { state: 'busy' }>): 'leaseMisses' | 'intentMisses' | 'unreachableMisses' {
  if (reason === 'lease') return 'leaseMisses'
  return reason === 'intent' ? 'intentMisses' : 'unreachableMisses'
}

function answerAll(readings: readonly Reading[], answer: (query: HoldingQuery) => HoldingAnswer): void {
  for (const reading of readings) {
    try {
      reading.resolve(answer(reading.query))
    } catch (error) {
      reading.reject(error)
    }
  }
}

/**
 * What a query asks for, of a cached text, which is taken apart when somebody looks: in the turn of the one who asked, so that what comes of a
 * round's texts isn't all there at once.
 */
class CachedAnswer implements HoldingAnswer {
  readonly version: bigint
  readonly #text: string
  readonly #query: HoldingQuery
  #parts: Pick<HoldingAnswer, 'holdings' | 'serials'> | undefined

  constructor(version: bigint, text: string, query: HoldingQuery) {
    this.version = version
    this.#text = text
    this.#query = query
  }

  get holdings(): HoldingAnswer['holdings'] {
    return (this.#parts ??= answerOf(this.#text, this.#query)).holdings
  }

  get serials(): HoldingAnswer['serials'] {
    return (this.#parts ??= answerOf(this.#text, this.#query)).serials
  }
}

/** What a query asks for, of a whole account. */
function part({ version, holdings, serials }: WholeAnswer, { items, hasSerials }: HoldingQuery): HoldingAnswer {
  const names = items === null ? null : new Set(items)
  return {
    version,
    holdings: names === null ? holdings : holdings.filter(({ item }) => names.has(item)),
    serials: !hasSerials ? [] : names === null ? serials : serials.filter(({ item }) => names.has(item)),
  }
}

/** What a promise leads to, or false if that takes too long. */
async function inTime(promise: Promise<boolean>, waitMs: number): Promise<boolean> {
  if (waitMs <= 0) return false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false)
    }, waitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
