import { CacheUnavailableError } from '../errors.ts'
import type { AccountName, AppWrites, Writes } from '../storage/contract.ts'
import type { Announcing } from '../storage/cached-contract.ts'
import {
  accountText,
  generationOf,
  isTooLarge,
  patched,
  presentVersion,
  tooLargeText,
  type Stamps,
} from './account-text.ts'
import { accountWrites, type AccountWrites } from './account-writes.ts'
import type { Cache, Intended, Token } from './contract.ts'
import type { Keys } from './keys.ts'
import type { CacheStatistics } from './statistics.ts'

/** An account that a transaction writes. */
interface Written extends AccountName {
  /** Its version before the transaction; null for an account that is new. */
  readonly before: bigint | null
  readonly after: bigint
}

/** An account whose intent was acknowledged. */
interface Announced {
  readonly account: Written
  readonly intended: Extract<Intended, { isAcknowledged: true }>
}

/** What becomes of the intents after a commit: the new values in their place, and those for which there is none. */
interface Publication {
  readonly values: readonly { readonly token: Token; readonly text: string }[]
  readonly useless: readonly Token[]
}

const nothingToPublish: Publication = { values: [], useless: [] }

/**
 * Tells the cache what one database transaction writes: intents before COMMIT, while the accounts are locked, and the new values after it.
 * Nothing depends on what happens after COMMIT.
 */
export class Announcer implements Announcing {
  readonly note: string
  readonly isAtOnce: boolean
  readonly #cache: Cache
  readonly #keys: Keys
  readonly #statistics: CacheStatistics
  readonly #writes: AppWrites[] = []
  #announced: Announced[] = []
  #publication: Publication | null = null

  /** @param note the note about the cache that the database must have */
  constructor(note: string, cache: Cache, keys: Keys, statistics: CacheStatistics) {
    this.note = note
    this.isAtOnce = cache.kind === 'memory'
    this.#cache = cache
    this.#keys = keys
    this.#statistics = statistics
  }

  /** Notes what was, or is being, written in the transaction. */
  add(writes: Writes): void {
    this.#writes.push(...writes.apps)
  }

  /** How much was noted so far: a place to go back to. */
  get mark(): number {
    return this.#writes.length
  }

  /** Forgets what was noted after a mark, because it was undone. */
  restore(mark: number): void {
    this.#writes.length = mark
  }

  /**
   * Puts intents on all accounts that were noted, in one round. The accounts must be locked, and COMMIT be sent only after this is done.
   *
   * @returns accounts whose cached values are to be removed later, because no intent could be put on them; only where the cache's option
   *   `whenUnreachable` is `eventual`
   * @throws CacheUnavailableError if an intent was not acknowledged: then nothing may be committed
   * @throws UnsupportedCacheError where no intent ever will be
   */
  async announce(): Promise<AccountName[]> {
    const accounts = writtenAccounts(this.#writes)
    if (accounts.length === 0) return []
    const lookups = accounts.map(({ app, user }) => ({
      key: this.#keys.account(app, user),
      guard: this.#keys.guard(app),
    }))
    const intended = await this.#cache.intend(lookups)
    const missing: AccountName[] = []
    let refused: Extract<Intended, { isAcknowledged: false }> | null = null
    for (const [index, account] of accounts.entries()) {
      const one = intended[index]!
      if (one.isAcknowledged) this.#announced.push({ account, intended: one })
      else {
        refused = one
        missing.push({ app: account.app, user: account.user })
      }
    }
    this.#statistics.intents += accounts.length - missing.length
    // While the database is at its COMMIT there is time for what would keep the next batch waiting after it.
    setImmediate(() => this.#prepare())
    if (missing.length === 0) return []
    this.#statistics.intentsFailed += missing.length
    if (this.#cache.settings.whenUnreachable === 'eventual') return missing
    throw refused?.cause ?? new CacheUnavailableError(this.#cache.location, refused?.reason ?? '')
  }

  /** After the commit: replaces the intents by the new values, where they are known. Waits for nothing. */
  committed(): void {
    this.#prepare()
    const { values, useless } = this.#publication ?? nothingToPublish
    this.#forget()
    this.#statistics.publishesLeftOut += useless.length
    if (useless.length > 0) void this.#cache.release(useless)
    if (values.length > 0) void this.#publish(values)
  }

  /** After anything but a commit, or where what was committed isn't known: removes the intents, so that readers fill again. */
  withdraw(): void {
    const tokens = this.#announced.flatMap(({ intended }) => intended.token ?? [])
    this.#forget()
    if (tokens.length > 0) void this.#cache.release(tokens)
  }

  #forget(): void {
    this.#announced = []
    this.#publication = null
  }

  /** Works out what is to be published, once; nothing where it is over already. */
  #prepare(): void {
    if (this.#publication !== null || this.#announced.length === 0) return
    const values: { token: Token; text: string }[] = []
    const useless: Token[] = []
    const writes = accountWrites(this.#writes)
    for (const { account, intended } of this.#announced) {
      if (intended.token === null) continue
      const text = this.#text(account, intended, writes.get(`${account.app} ${account.user}`) ?? [])
      if (text === null) useless.push(intended.token)
      else values.push({ token: intended.token, text })
    }
    this.#publication = { values, useless }
  }

  async #publish(values: readonly { readonly token: Token; readonly text: string }[]): Promise<void> {
    const stored = await this.#cache.store(values)
    const count = stored.filter(Boolean).length
    this.#statistics.publishes += count
    this.#statistics.publishesRefused += values.length - count
  }

  /** The account's new value, or null where it isn't known: the one before must be valid, and of the version that was found under the lock. */
  #text(
    { before, after }: Written,
    { before: old, guard, incarnation }: Announced['intended'],
    writes: readonly AccountWrites[],
  ): string | null {
    const generation = guard === null ? undefined : generationOf(guard, incarnation)
    if (generation === undefined) return null
    const stamps: Stamps = { incarnation, generation, version: after }
    // Whoever makes an account knows all that is in it.
    if (before === null) return this.#fitting(patched(accountText(stamps, nothing), stamps, writes), stamps)
    if (old === null || guard === null || presentVersion(old, guard, incarnation) !== before) return null
    return isTooLarge(old) ? tooLargeText(stamps) : this.#fitting(patched(old, stamps, writes), stamps)
  }

  #fitting(text: string, stamps: Stamps): string {
    return Buffer.byteLength(text) > this.#cache.settings.valueBytesMax ? tooLargeText(stamps) : text
  }
}

const nothing = { holdings: [], serials: [] }

/** The accounts that writes change, each once. */
function writtenAccounts(writes: readonly AppWrites[]): Written[] {
  const accounts = new Map<string, Written>()
  for (const { app, accountsNew, accountsChanged, history } of writes) {
    const first = new Map<string, bigint>()
    for (const { user, version } of history) if (!first.has(user)) first.set(user, version)
    for (const [rows, isNew] of [
      [accountsNew, true],
      [accountsChanged, false],
    ] as const) {
      for (const { user, version } of rows) {
        const key = `${app} ${user}`
        const known = accounts.get(key)
        const before = isNew ? null : (first.get(user) ?? version) - 1n
        accounts.set(key, { app, user, before: known === undefined ? before : known.before, after: version })
      }
    }
  }
  return [...accounts.values()]
}
