import { uuidv7 } from 'uuidv7'
import {
  ClosedError,
  InTransactionError,
  NoTransactionError,
  OutcomeUnknownError,
  SecondDatabaseError,
  SerialsAwaitedError,
  TablesAwaitedError,
} from '../errors.ts'
import { checkDeal, prepareDeal, serialsMade, type Deal } from '../model/deal.ts'
import { toApp } from '../model/id.ts'
import type { NextSerial } from '../model/quantity.ts'
import type { Executor, HoldingAnswer, HoldingQuery, SettledChange, Storage } from '../storage/contract.ts'
import { Migrator, type Migration } from '../storage/migrator.ts'
import { collect, collecting, type SettleAll, type Write } from './collect.ts'
import { Gate } from './gate.ts'
import { toEntry, toEntryQuery, type Entry, type HistoryFilter } from './history.ts'
import { inTime } from './in-time.ts'
import { inTurn, JoinedRoot, runJoined, type Joined } from './join.ts'
import { Lane, type LaneSettings } from './lane.ts'
import type { Logger } from './logger.ts'
import { ReadLane } from './read-lane.ts'
import { refusalError } from './refusal.ts'
import { backOff, isPassing } from './retry.ts'
import { SerialNumbers, type SerialSource } from './serial-numbers.ts'
import { Sweeper } from './sweeper.ts'
import { traced, traces } from './trace.ts'
import { ambient, Root, runCallbacks, Scope, type Callback } from './transaction.ts'
import { verifyApp, type VerifyOptions, type VerifyReport } from './verify.ts'

// How often a transaction is begun again because it came upon an app without tables: one that always names another new app must end.
const appsMax = 100

/** What a ledger needs to know; all of it checked before. */
export interface LedgerSettings {
  readonly storage: Storage
  readonly clock: () => number
  readonly tables: 'auto' | 'migrate'
  readonly lane: LaneSettings
  readonly logger: Logger | null
  /** The user's own serial numbers. */
  readonly serials: SerialSource | null
  /** How long receipts are kept, in milliseconds; null for ever. */
  readonly receiptsKeptMs: number | null
}

/** What one change led to, as plain data, and the deal that it belongs to. */
export interface SettledOutcome extends SettledChange {
  readonly deal: string
}

/** The front door of everything that is stored: inventories write and read through it, inside and outside of transactions. */
export class Ledger {
  readonly #settings: LedgerSettings
  readonly #storage: Storage
  readonly #migrator: Migrator
  readonly #lane: Lane
  readonly #readLane: ReadLane
  readonly #sweeper: Sweeper
  readonly #serials: SerialNumbers
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
    this.#serials = new SerialNumbers(
      (atLeast, count) => storage.reserve('serials', atLeast, count),
      clock,
      settings.serials,
    )
    this.#lane = new Lane((deals, wait) => {
      this.#sweeper.remind()
      return storage.settle({ id: uuidv7(), deals, now: clock(), wait })
    }, lane)
    this.#readLane = new ReadLane((queries) => storage.fetch(queries))
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
      while (!this.#isReady(deal)) {
        const ready = (): Promise<void> => this.#makeReady(deal, scope)
        await (scope === null ? this.#gate.pass(ready) : ready())
      }
      const prepared = prepareDeal(uuidv7(), deal, this.#numbers.next)
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
    return this.#numbers.next
  }

  /** Waits until there are serial numbers. */
  async ready(app: string): Promise<void> {
    const scope = this.#enter()
    try {
      if (!this.#migrator.isReady(app)) await this.#prepare(app, scope)
      if (!this.#numbers.isReady(1n)) await this.#number(1n, scope)
    } finally {
      this.#leave()
    }
  }

  /**
   * Reads what an account has: inside a transaction with its own writes visible, otherwise what is committed.
   *
   * @param isLocked keeps the account from changing until the end of the transaction
   * @throws NoTransactionError for a locked read outside of a transaction
   */
  async fetch(query: HoldingQuery, isLocked: boolean): Promise<HoldingAnswer> {
    const scope = this.#enter()
    try {
      if (isLocked && scope === null) throw new NoTransactionError('a locked read')
      if (!this.#migrator.isReady(query.app)) await this.#prepare(query.app, scope)
      return await (scope === null ? this.#readLane.read(query) : scope.read(query, isLocked))
    } finally {
      this.#leave()
    }
  }

  /** Reads a page of an account's history, newest first. */
  async history(app: string, user: string, filter: HistoryFilter): Promise<Entry[]> {
    const query = toEntryQuery(app, user, filter)
    const scope = this.#enter()
    try {
      if (!this.#migrator.isReady(app)) await this.#prepare(app, scope)
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
        const root = new Root(this, () => this.#storage.begin(), this.#settings.clock)
        try {
          return await this.#attempt(root, work, options.timeoutMs)
        } catch (error) {
          const reason = root.fault ?? error
          const isProvided = facts.attempts - retries <= appsMax && (await this.#provide(reason))
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
        const root = new JoinedRoot(this, await this.#storage.join(executor), { clock, serials, isSingleWriter })
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
    const scope = this.#enter()
    try {
      if (scope !== null) throw new InTransactionError('migrate')
      return await this.#migrator.migrate(apps)
    } finally {
      this.#leave()
    }
  }

  /** Checks the books of an app. */
  async verify(app: string, options: VerifyOptions): Promise<VerifyReport> {
    const scope = this.#enter()
    try {
      await this.#prepare(app, scope)
      return await verifyApp(this.#storage, app, options)
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
    await this.#lane.close()
    await this.#sweeper.idle()
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

  /** Where this chain of calls takes serial numbers from. */
  get #numbers(): SerialNumbers {
    const root = ambient.getStore()?.root
    return (root instanceof JoinedRoot ? root.serials : null) ?? this.#serials
  }

  #required(what: string): Scope {
    const scope = this.#scope()
    if (scope === null) throw new NoTransactionError(what)
    return scope
  }

  /** Whether a deal's tables are there, and the serial numbers that it may take. */
  #isReady({ changes }: Deal): boolean {
    let made = 0n
    for (const change of changes) {
      if (!this.#migrator.isReady(change.app)) return false
      if (change.party !== null && !this.#migrator.isReady(change.party.app)) return false
      made += serialsMade(change)
    }
    if (made === 0n || this.#numbers.isReady(made)) return true
    // A single writer's transaction makes do with what there is: getting newer numbers would take another try of it, and another.
    const root = this.#scope()?.root
    return this.#storage.isSingleWriter && root?.isBegun === true && this.#numbers.has(made)
  }

  /** Gets what a deal needs; a deal that breaks a rule gets nothing made. */
  async #makeReady(deal: Deal, scope: Scope | null): Promise<void> {
    checkDeal(deal)
    for (const { app, party } of deal.changes) {
      if (!this.#migrator.isReady(app)) await this.#prepare(app, scope)
      if (party !== null && !this.#migrator.isReady(party.app)) await this.#prepare(party.app, scope)
    }
    const made = deal.changes.reduce((sum, change) => sum + serialsMade(change), 0n)
    // Again, because others who waited for the same numbers may have taken them.
    while (made > 0n && !this.#numbers.isReady(made)) await this.#number(made, scope)
  }

  /** Sees to an app's tables. A single writer's open transaction would be in the way of that, so it is done between two tries of it. */
  async #prepare(app: string, scope: Scope | null): Promise<void> {
    // A wrapper of somebody's own may have made the deal, and the name becomes part of statements.
    toApp(app)
    const root = scope?.root
    if (root instanceof JoinedRoot) return this.#migrator.require(app, await root.versions())
    if (root === undefined || !this.#storage.isSingleWriter) return this.#migrator.prepare(app)
    if (!root.isBegun) return root.before(this.#migrator.prepare(app))
    if (await this.#migrator.isThere(app)) return
    root.doom(new TablesAwaitedError(app))
    throw root.fault
  }

  /** Gets serial numbers, which is a write of its own: like tables, a single writer's are got between two tries of its transaction. */
  async #number(count: bigint, scope: Scope | null): Promise<void> {
    const root = scope?.root
    if (root === undefined || root instanceof JoinedRoot || !this.#storage.isSingleWriter)
      return this.#numbers.prepare(count)
    if (!root.isBegun) return root.before(this.#serials.prepare(count))
    root.doom(new SerialsAwaitedError(count))
    throw root.fault
  }

  /** Gets what a transaction lacked and could not get itself; false if that isn't why it failed. */
  async #provide(reason: unknown): Promise<boolean> {
    if (reason instanceof TablesAwaitedError) await this.#migrator.prepare(reason.app)
    else if (reason instanceof SerialsAwaitedError) await this.#serials.prepare(reason.count)
    else return false
    return true
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

  #report(callbacks: readonly Callback[], level: Scope | null = null): Promise<void> {
    return runCallbacks(callbacks, level, this.#settings.logger)
  }
}
