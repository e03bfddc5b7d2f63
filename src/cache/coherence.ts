import { CacheMismatchError, CacheUnavailableError } from '../errors.ts'
import { toId } from '../model/id.ts'
import type { AccountName, HoldingAnswer, HoldingQuery } from '../storage/contract.ts'
import type { BulkSession, CachedStorage } from '../storage/cached-contract.ts'
import { guardText } from './account-text.ts'
import { Announcer } from './announcer.ts'
import { Auditor, type AuditOptions, type StaleRead } from './auditor.ts'
import { CachedReads, type DatabaseReads } from './cached-reads.ts'
import type { Cache } from './contract.ts'
import { Keys } from './keys.ts'
import { register, unregister, type Registered } from './registration.ts'
import { Relay } from './relay.ts'
import { Trail } from './trail.ts'
import { noStatistics, type CacheStatistics } from './statistics.ts'

// A cache may serve several Stockpiles of a process, and several of them one database: what they share ends with the last.
const usersOfCaches = new WeakMap<Cache, number>()
const usersOfNotes = new Map<string, number>()

/** How a coherence tells of what goes on. */
export interface CoherenceSettings {
  readonly audit: AuditOptions | null
  /** Is told what the relay failed with. */
  report(error: unknown): void
  /** Is told of every stale read that was proven. */
  reportStaleRead(proof: StaleRead): void
}

/** What there is once the database knows of the cache. */
interface Ready {
  readonly registered: Registered
  readonly keys: Keys
  readonly reads: CachedReads
}

/**
 * Keeps a cache and a database together: what is read from the cache is never older than what was acknowledged. The one door to all
 * that has to do with the cache.
 */
export class Coherence {
  readonly cache: Cache
  readonly #shared: Cache
  readonly statistics: CacheStatistics = noStatistics()
  readonly #storage: CachedStorage
  readonly #database: DatabaseReads
  readonly #relay: Relay
  readonly #auditor: Auditor | null
  #registering: Promise<void> | null = null
  #ready: Ready | null = null

  /** @param settings `audit`: how reads are audited; `report`: is told of what nobody waits for */
  constructor(cache: Cache, storage: CachedStorage, database: DatabaseReads, settings: CoherenceSettings) {
    const { audit } = settings
    const trail = audit === null ? null : new Trail(cache)
    this.#auditor =
      audit === null || trail === null
        ? null
        : new Auditor(
            audit.share,
            (account) => versionOf(database, account),
            trail,
            (proof) => {
              settings.reportStaleRead(proof)
              audit.onStaleRead?.(proof)
            },
          )
    this.cache = trail ?? cache
    this.#shared = cache
    usersOfCaches.set(cache, (usersOfCaches.get(cache) ?? 0) + 1)
    this.#storage = storage
    this.#database = database
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      await this.#remove(accounts)
    }
    this.#relay = new Relay(storage, remove, cache.settings.relayMs, (error) => {
      settings.report(error)
    })
  }

  /** Whether the database knows of the cache. */
  get isReady(): boolean {
    return this.#ready !== null
  }

  /**
   * Has the database know of the cache; its tables must be there.
   *
   * @throws CacheMismatchError if it has another one
   */
  async ready(): Promise<void> {
    if (this.#ready !== null) return
    this.#registering ??= this.#register().finally(() => {
      this.#registering = null
    })
    await this.#registering
  }

  /** Reads through the cache; `isRefresh` reads the database and rewrites what is cached. */
  read(query: HoldingQuery, isRefresh: boolean): Promise<HoldingAnswer> {
    const { reads, keys } = this.#required
    if (this.#auditor?.isSampled() !== true) return reads.read(query, isRefresh)
    return this.#auditor.read(keys.account(query.app, query.user), query, () => reads.read(query, isRefresh))
  }

  /** Whether a read may come to more than asking the cache, and the database where that has no answer. */
  get isAudited(): boolean {
    return this.#auditor !== null
  }

  /** Waits until all reads that were asked for are answered. */
  async idle(): Promise<void> {
    await this.#ready?.reads.idle()
  }

  /** What one transaction tells the cache. */
  announcer(): Announcer {
    const { registered, keys } = this.#required
    return new Announcer(registered.note, this.cache, keys, this.statistics)
  }

  /**
   * Announces a change of a whole app by SQL, which must not be committed before this is done.
   *
   * @returns tells that it was committed, or was not
   * @throws CacheUnavailableError; nothing may be committed then
   */
  async announceBulk(app: string, generation: bigint): Promise<(isCommitted: boolean) => void> {
    const tokens = await this.cache.intendGuard(this.#required.keys.guard(app))
    if (tokens === null) throw new CacheUnavailableError(this.cache.location, 'not every server of it answered')
    return (isCommitted) => {
      if (!isCommitted) void this.cache.release(tokens)
      else void this.cache.store(tokens.map((token) => ({ token, text: guardText(token.incarnation, generation) })))
    }
  }

  /**
   * After a change of a whole app by SQL that failed: has readers ask the database for the generation. A statement that ends its transaction by
   * itself may have committed it all the same.
   */
  async forgetGeneration(app: string): Promise<void> {
    const tokens = await this.cache.intendGuard(this.#required.keys.guard(app))
    if (tokens !== null) await this.cache.release(tokens)
  }

  /** The note about the cache that the database must have. */
  get note(): string {
    return this.#required.registered.note
  }

  /** Removes the cached values of all accounts that were changed past the cache so far; says how many. */
  async drain(): Promise<number> {
    await this.ready()
    return this.#relay.drain()
  }

  /** Stops what goes on by itself; the cache's own connections end. */
  async close(): Promise<void> {
    await this.#registering?.catch(() => undefined)
    await this.#relay.close()
    if (this.#ready !== null) {
      const { registered } = this.#ready
      if (isLast(usersOfNotes, registered.note)) await unregister(this.#storage, this.cache, registered)
    }
    if (isLast(usersOfCaches, this.#shared)) await this.cache.close()
  }

  get #required(): Ready {
    if (this.#ready === null) throw new Error('the cache is used before ready() was awaited')
    return this.#ready
  }

  async #register(): Promise<void> {
    const registered = await register(this.#storage, this.cache)
    const keys = new Keys(registered.prefix)
    const reads = new CachedReads(this.cache, keys, this.#database, this.statistics)
    usersOfNotes.set(registered.note, (usersOfNotes.get(registered.note) ?? 0) + 1)
    this.#ready = { registered, keys, reads }
    if (this.cache.settings.relayMs > 0) void this.#relay.start()
  }

  async #remove(accounts: readonly AccountName[]): Promise<void> {
    const { keys } = this.#required
    // Who can't be read has no value: by hand, any name can be written.
    const known = accounts.filter(({ user }) => isUser(user))
    const removed = await this.cache.remove(known.map(({ app, user }) => keys.account(app, user)))
    if (removed.includes(false))
      throw new CacheUnavailableError(this.cache.location, 'it could not be reached', 'remove')
    this.statistics.relayed += known.length
  }
}

/**
 * Holds a writer to the cache that the database remembers.
 *
 * @param coherence null where there is no cache
 * @throws CacheMismatchError
 */
export async function requireNote(
  storage: Pick<CachedStorage, 'cacheNote'>,
  coherence: Coherence | null,
): Promise<void> {
  const [noted, own] = [await storage.cacheNote(), coherence?.note ?? null]
  if (noted !== own) throw new CacheMismatchError({ noted, own })
}

/**
 * Commits a change of a whole app by SQL, so that every cached value of the app is out at that moment.
 *
 * @param coherence null where there is no cache
 * @throws CacheUnavailableError and CacheMismatchError, after rolling back; and what `BulkSession.commit` throws
 */
export async function commitBulk(
  app: string,
  session: BulkSession,
  storage: Pick<CachedStorage, 'cacheNote'>,
  coherence: Coherence | null,
): Promise<void> {
  let tell: ((isCommitted: boolean) => void) | null = null
  try {
    // All that it changed is locked by now: what the database remembers later, it learns after this.
    await requireNote(storage, coherence)
    tell = (await coherence?.announceBulk(app, session.generation)) ?? null
  } catch (error) {
    await session.rollback()
    throw error
  }
  let isCommitted = false
  try {
    await session.commit()
    isCommitted = true
  } finally {
    tell?.(isCommitted)
  }
}

/** Counts one user less; says whether there is none left. */
function isLast<Shared extends WeakKey | string>(
  users: {
    get(shared: Shared): number | undefined
    set(shared: Shared, count: number): unknown
    delete(shared: Shared): unknown
  },
  shared: Shared,
): boolean {
  const left = (users.get(shared) ?? 1) - 1
  if (left > 0) users.set(shared, left)
  else users.delete(shared)
  return left === 0
}

/** Asks for no holding that is there. */
async function versionOf(database: DatabaseReads, { app, user }: AccountName): Promise<bigint> {
  const { version } = await database.read({ app, user, items: ['0'], hasSerials: false })
  return version
}

function isUser(user: string): boolean {
  try {
    return toId('user', user) === user
  } catch {
    return false
  }
}
