import { uuidv7 } from 'uuidv7'
import {
  ClosedError,
  InBulkError,
  InTransactionError,
  NoTransactionError,
  OutcomeUnknownError,
  SecondDatabaseError,
} from '../errors.ts'
import type { Announcer } from '../cache/announcer.ts'
import type { AuditOptions } from '../cache/auditor.ts'
import { Coherence, commitBulk, requireNote } from '../cache/coherence.ts'
import type { Cache } from '../cache/contract.ts'
import type { CacheStatistics } from '../cache/statistics.ts'
import { prepareDeal, type Deal } from '../model/deal.ts'
import type { NextSerial } from '../model/quantity.ts'
import type { Executor, HoldingAnswer, HoldingQuery, Session, SettledChange, Storage } from '../storage/contract.ts'
import { Migrator, type Migration } from '../storage/migrator.ts'
import { coherenceOf } from './coherent.ts'
import { inBulk, runBulk, type Sql } from './bulk.ts'
import { collect, collecting, type SettleAll, type Write } from './collect.ts'
import { Gate } from './gate.ts'
import { toEntry, toEntryQuery, type Entry, type HistoryFilter } from './history.ts'
import { inTime } from './in-time.ts'
import { inTurn, JoinedRoot, runJoined, type Joined } from './join.ts'
import { Lane, type LaneSettings } from './lane.ts'
import type { Logger } from './logger.ts'
import { Provisions } from './provisions.ts'
import { ReadLane } from './read-lane.ts'
import { refusalError } from './refusal.ts'
import { backOff, isPassing } from './retry.ts'
import type { SerialSource } from './serial-numbers.ts'
import { Sweeper } from './sweeper.ts'
import { traced, traces } from './trace.ts'
import { ambient, Root, runCallbacks, Scope, type Callback } from './transaction.ts'
import { verifyApp, type VerifyOptions, type VerifyReport } from './verify.ts'

// How often a transaction is begun again because it came upon an app without tables: one that always names another new app must end.
const appsMax = 100

/** What a ledger needs to know; all of it checked before. */
export interface LedgerSettings {
  readonly storage: Storage
  readonly cache: Cache | null
  readonly audit: AuditOptions | null
  readonly clock: () => number
  readonly tables: 'auto' | 'migrate'
  readonly lane: LaneSettings
  readonly logger: Logger | null
  /** The user's own serial numbers. */
  readonly serials: SerialSource | null
  /** How long receipts are kept, in milliseconds; null for ever. */
  readonly receiptsKeptMs: number | null
}

/** Where a read looks: `cache` also in the cache, `refresh` in the database, and what is cached is rewritten. */
export type Source = 'database' | 'cache' | 'refresh'

/** What one change led to, as plain data, and the deal that it belongs to. */
export interface SettledOutcome extends SettledChange {
  readonly deal: string
}

/** The front door of everything that is stored: inventories write and read through it, inside and outside of transactions. */
export class Ledger {
  readonly #settings: LedgerSettings
  readonly #storage: Storage
  readonly #migrator: Migrator
  readonly #provisions: Provisions
  readonly #coherence: Coherence | null
  readonly #lane: Lane
  readonly #readLane: ReadLane
  readonly #sweeper: Sweeper
  readonly #gate = new Gate()
  #callsUnderWay = 0
  #tellIdle: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(settings: LedgerSettings) {
    const { storage, clock, lane } = settings
    this.#settings = settings
    this.#storage = storage
    this.#migrator = new Migrator(storage, settings.tables)
    this.#sweeper = new Sweeper(settings)
    this.#readLane = new ReadLane((queries) => storage.fetch(queries))
    this.#coherence = coherenceOf(settings, this.#readLane)
    this.#provisions = new Provisions(settings, this.#migrator, this.#coherence)
    this.#lane = new Lane((deals, wait) => {
      this.#sweeper.remind()
      return storage.settle({ id: uuidv7(), deals, now: clock(), wait }, this.#coherence?.announcer() ?? null)
    }, lane)
  }

  /**
   * Settles a deal: in the ambient transaction where there is one, otherwise in the lane.
   *
   * @returns an outcome for each change, in order
   * @throws what refuses the deal (NotEnoughError, QuantityOverflowError, VersionConflictError, KeyReusedError), InvalidArgumentError, and what
   *   stands in the way of settling it
   */
  async settle(deal: Deal): Promise<SettledOutcome[]> {
    // A part of a deal of several inventories waits for the others.
    const slot = collecting.getStore()
    if (slot?.join) {
      if (slot.owner !== this) throw this.#secondDatabase(slot.owner)
      return slot.join(deal)
    }
    slot?.check(deal)
    const scope = this.#enter()
    try {
      // First come is first served: behind a deal that waits for its tables, those that have theirs wait too.
      if (scope === null && this.#gate.isShut) await this.#gate.pass(async () => undefined)
      // Others may take the numbers that this one waited for, until nothing lies between looking and taking.
      while (!this.#provisions.isReady(deal, scope?.root)) {
        const ready = (): Promise<void> => this.#provisions.makeReady(deal, scope?.root)
        await (scope === null ? this.#gate.pass(ready) : ready())
      }
      const prepared = prepareDeal(uuidv7(), deal, this.nextSerial)
      const facts = { deal: prepared.id, changes: prepared.changes.length, isInTransaction: scope !== null }
      const settlement = await traced(traces.deal, facts, () => (scope ?? this.#lane).submit(prepared))
      if ('refusal' in settlement) throw refusalError(settlement.refusal)
      return settlement.outcomes.map((outcome) => ({ ...outcome, deal: settlement.deal }))
    } finally {
      this.#leave()
    }
  }

  /** Does the writes of several inventories as one deal, which `settle` makes of what arrives; see `collect`. */
  collect<T>(writes: readonly Write<T>[], settle: SettleAll): Promise<T[]> {
    return collect(this, writes, settle)
  }

  /** Makes a serial number; throws SerialsNotReadyError when there is none, until `ready` was awaited. */
  get nextSerial(): NextSerial {
    return this.#provisions.serialsOf(ambient.getStore()?.root).next
  }

  /** Waits until there are serial numbers. */
  async ready(app: string): Promise<void> {
    const scope = this.#enter()
    try {
      await this.#provisions.provideApp(app, scope?.root)
      await this.#provisions.provideSerials(1n, scope?.root)
    } finally {
      this.#leave()
    }
  }

  /**
   * Reads what an account has: inside a transaction with its own writes visible, otherwise what is committed. It may throw or reject.
   *
   * @param isLocked keeps the account from changing until the end of the transaction
   * @param source where to look outside of a transaction; `refresh` reads the database and rewrites what is cached
   * @throws NoTransactionError for a locked read outside of a transaction
   */
  fetch(query: HoldingQuery, isLocked: boolean, source: Source): Promise<HoldingAnswer> {
    const cache = source === 'cache' && !isLocked && this.#provisions.isAppReady(query.app) ? this.#coherence : null
    // Most reads have nothing in their way, and are counted where they wait: a promise less for each.
    if (cache !== null && !cache.isAudited && this.#scope() === null) return cache.read(query, false)
    return this.#fetch(query, isLocked, source)
  }

  async #fetch(query: HoldingQuery, isLocked: boolean, source: Source): Promise<HoldingAnswer> {
    const scope = this.#enter()
    try {
      if (isLocked && scope === null) throw new NoTransactionError('a locked read')
      if (!this.#provisions.isAppReady(query.app)) await this.#provisions.provideApp(query.app, scope?.root)
      if (scope !== null) return await scope.read(query, isLocked)
      if (this.#coherence === null || source === 'database') return await this.#readLane.read(query)
      return await this.#coherence.read(query, source === 'refresh')
    } finally {
      this.#leave()
    }
  }

  /** Reads a page of an account's history, newest first. */
  async history(app: string, user: string, filter: HistoryFilter): Promise<Entry[]> {
    const query = toEntryQuery(app, user, filter)
    const scope = this.#enter()
    try {
      await this.#provisions.provideApp(app, scope?.root)
      const rows = await (scope === null ? this.#storage.entries(query) : scope.entries(query))
      return rows.map(toEntry)
    } finally {
      this.#leave()
    }
  }

  /** Runs work in a transaction: a new one, or a savepoint in the ambient one. */
  async transaction<T>(
    work: () => Promise<T>,
    options: { readonly retries: number; readonly timeoutMs: number },
  ): Promise<T> {
    const outer = this.#scope()
    const facts = { level: outer === null ? 0 : outer.level + 1, attempts: 1 }
    return traced(traces.transaction, facts, async () => {
      if (outer !== null) return outer.nested(work, this.#settings.lane, (...report) => this.#report(...report))
      let retries = 0
      for (;;) {
        const begin = (): Promise<Session> => this.#storage.begin()
        const root = new Root(this, begin, this.#settings.clock, () => this.#announcer())
        try {
          return await this.#attempt(root, work, options.timeoutMs)
        } catch (error) {
          const reason = root.fault ?? error
          const isProvided = facts.attempts - retries <= appsMax && (await this.#provisions.provideAwaited(reason))
          if (!isProvided) {
            if (!isPassing(reason) || retries >= options.retries) throw error
            retries += 1
            await backOff(retries)
          }
          facts.attempts += 1
        }
      }
    })
  }

  /** Whether there is a cache. */
  get isCached(): boolean {
    return this.#coherence !== null
  }

  /** Which kind of database everything is stored in. */
  get dialect(): Storage['dialect'] {
    return this.#storage.dialect
  }

  /** Runs work as a part of a transaction that the application has opened on a connection of its own. */
  async join<T>(connection: object, executor: Executor, work: () => Promise<T>): Promise<Joined<T>> {
    if (ambient.getStore() !== undefined) throw new InTransactionError('join')
    this.#enter()
    try {
      return await inTurn(connection, async () => {
        const { lane, clock, serials } = this.#settings
        const { isSingleWriter } = this.#storage
        const settings = { clock, serials, isSingleWriter, announcer: () => this.#announcer() }
        const root = new JoinedRoot(this, await this.#storage.join(executor), settings)
        return runJoined(root, work, lane, (callbacks) => this.#report(callbacks))
      })
    } finally {
      this.#leave()
    }
  }

  /** The ambient transaction's callbacks. */
  onCommit(callback: Callback): void {
    this.#required('onCommit').onCommit(callback)
  }

  /** The ambient transaction's callbacks. */
  onRollback(callback: Callback): void {
    this.#required('onRollback').onRollback(callback)
  }

  /** Makes or updates tables; not inside a transaction. */
  async migrate(apps: readonly string[]): Promise<Migration[]> {
    return this.outside('migrate', () => this.#migrator.migrate(apps))
  }

  /** Changes an app's holdings by SQL, in one transaction, and has every cached value of the app be out with its commit. */
  async bulk<T>(app: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.outside('bulk', async () => {
      await this.#provisions.provideApp(app, undefined)
      // It is looked at once more before the commit; here it spares the work.
      await requireNote(this.#storage, this.#coherence)
      const session = await this.#storage.bulk(app)
      try {
        return await runBulk(this, session, work, () => commitBulk(app, session, this.#storage, this.#coherence))
      } catch (error) {
        await this.#coherence?.forgetGeneration(app)
        throw error
      }
    })
  }

  /** What the cache did so far; null where there is none. */
  get cacheStatistics(): CacheStatistics | null {
    return this.#coherence === null ? null : { ...this.#coherence.statistics }
  }

  /** Removes the cached values of all accounts that were changed past the cache so far; says how many. */
  async relay(): Promise<number> {
    return this.outside('relay', async () => (await this.#coherence?.drain()) ?? 0)
  }

  /** Checks the books of an app. */
  async verify(app: string, options: VerifyOptions): Promise<VerifyReport> {
    const scope = this.#enter()
    try {
      await this.#provisions.provideApp(app, scope?.root)
      return await verifyApp(this.#storage, app, options)
    } finally {
      this.#leave()
    }
  }

  /** Does what can be no part of a transaction, counted as under way. */
  async outside<T>(what: string, work: (storage: Storage) => Promise<T>): Promise<T> {
    const scope = this.#enter()
    try {
      if (scope !== null) throw new InTransactionError(what)
      return await work(this.#storage)
    } finally {
      this.#leave()
    }
  }

  /** The apps that have tables in this database, sorted. */
  async apps(): Promise<string[]> {
    const versions = await this.#storage.schemaVersions()
    return [...versions.keys()].flatMap((name) => (name.startsWith('app:') ? [name.slice(4)] : [])).sort()
  }

  /** Deletes what is kept no longer, now. */
  async sweep(): Promise<number> {
    return this.#sweeper.sweep()
  }

  /** Waits for what is under way and closes the storage. Closing twice does nothing but wait for the first. */
  async close(): Promise<void> {
    if (ambient.getStore()?.root.owner === this) throw new InTransactionError('close')
    this.#closing ??= this.#end()
    await this.#closing
  }

  async #end(): Promise<void> {
    if (this.#callsUnderWay > 0) {
      await new Promise<void>((resolve) => {
        this.#tellIdle = resolve
      })
    }
    await Promise.all([this.#coherence?.idle(), this.#lane.close()])
    await this.#sweeper.idle()
    await this.#coherence?.close()
    await this.#storage.close()
  }

  /** Counts a call as under way until it leaves, and finds its level. */
  #enter(): Scope | null {
    const scope = this.#scope()
    this.#callsUnderWay += 1
    return scope
  }

  #leave(): void {
    this.#callsUnderWay -= 1
    if (this.#callsUnderWay === 0) this.#tellIdle?.()
  }

  /** The ambient level, if it is one of this ledger's. */
  #scope(): Scope | null {
    if (this.#closing !== null) throw new ClosedError()
    if (inBulk.getStore() === this) throw new InBulkError()
    const scope = ambient.getStore()
    if (scope === undefined) return null
    if (scope.root.owner === this) return scope
    throw this.#secondDatabase(scope.root.owner)
  }

  #secondDatabase(first: object): SecondDatabaseError {
    return new SecondDatabaseError(
      first instanceof Ledger ? first.#storage.location : 'another database',
      this.#storage.location,
    )
  }

  #required(what: string): Scope {
    const scope = this.#scope()
    if (scope === null) throw new NoTransactionError(what)
    return scope
  }

  async #attempt<T>(root: Root, work: () => Promise<T>, timeoutMs: number): Promise<T> {
    const scope = new Scope(root, 0, this.#settings.lane)
    let result
    try {
      result = await inTime(scope.run(work), timeoutMs, (timeout) => {
        root.doom(timeout)
      })
      await root.commit()
    } catch (error) {
      await root.rollback()
      // What nobody knows is no rollback and no commit.
      if (!(error instanceof OutcomeUnknownError)) await this.#report(scope.callbacks().onRollback)
      throw error
    }
    await this.#report(scope.callbacks().onCommit)
    return result
  }

  #announcer(): Announcer | null {
    return this.#coherence?.announcer() ?? null
  }

  #report(callbacks: readonly Callback[], level: Scope | null = null): Promise<void> {
    return runCallbacks(callbacks, level, this.#settings.logger)
  }
}
