/// <reference lib="esnext.disposable" />
import type { CacheNote } from './cache/note.ts'
import { forgetNote, readNote } from './cache/registration.ts'
import type { CacheStatistics } from './cache/statistics.ts'
import { executorOf, type Joinable } from './clients/executor-of.ts'
import { InvalidArgumentError } from './errors.ts'
import { Hybrid, type HybridInventory } from './inventory/hybrid.ts'
import { plannerOf, type AnyInventory, type Inventory, type Outcomes } from './inventory/inventory.ts'
import { Serial, type SerialGiven, type SerialOptions } from './inventory/serial.ts'
import { Tally } from './inventory/tally.ts'
import type { Sql } from './ledger/bulk.ts'
import { collect, settleInOne } from './ledger/collect.ts'
import type { Joined } from './ledger/join.ts'
import { Ledger } from './ledger/ledger.ts'
import type { Callback } from './ledger/transaction.ts'
import type { VerifyOptions, VerifyReport } from './ledger/verify.ts'
import { toChange, type Change } from './model/change.ts'
import { writeOptionNames, type WriteOptions } from './model/deal.ts'
import { requireOutcomes } from './model/require-outcomes.ts'
import { toApp, type UserId } from './model/id.ts'
import { toOptions } from './model/options.ts'
import type { Quantity } from './model/quantity.ts'
import type { Properties } from './model/serial.ts'
import type { Migration } from './storage/migrator.ts'
import { ledgerSettings, toCount, type StockpileOptions } from './stockpile-options.ts'
import { Cacher } from './wrap/cacher.ts'

// What a timer can wait for, about 25 days: it takes anything longer for no time at all.
const timerMsMax = 2 ** 31 - 1

/** How a transaction runs. */
export interface TransactionOptions {
  /** How often the whole callback runs again after a deadlock, a conflict or a lost connection: a whole number from 0; 10 unless said otherwise. */
  readonly retries?: number
  /** After how many milliseconds it is rolled back, from 1 to 2^31 - 1; 30,000 unless said otherwise. */
  readonly timeoutMs?: number
}

/**
 * Who owns how many of what, in one database.
 *
 * @example
 * const stockpile = new Stockpile({ storage: sqlite('farm.db') })
 * const inventory = stockpile.tally('test_app', 1)
 * await inventory.add(1000, 5)
 * await stockpile.close()
 */
export class Stockpile implements AsyncDisposable {
  /** The way to everything stored, for cores; not for applications. */
  readonly ledger: Ledger

  /** @throws InvalidArgumentError naming the option that breaks a rule */
  constructor(options: StockpileOptions) {
    this.ledger = new Ledger(ledgerSettings(options))
  }

  /**
   * The inventory of counts of one user.
   *
   * @param app 1 to 32 of `a` to `z`, `0` to `9` and `_`
   * @param user the owner's id
   * @throws InvalidArgumentError for an app or a user that can't be one
   */
  tally(app: string, user: UserId): Inventory<bigint> {
    return this.#composed(new Tally(this, app, user))
  }

  /**
   * The inventory of serials, with properties, of one user.
   *
   * @param options `properties`: a schema (zod, valibot, arktype, ...) that all properties keep to
   * @throws InvalidArgumentError for an app, a user or a schema that can't be one
   */
  serial<P extends Properties = Properties>(
    app: string,
    user: UserId,
    options?: SerialOptions<P>,
  ): Inventory<Quantity<P>, SerialGiven<P>> {
    return this.#composed(new Serial<P>(this, app, user, options))
  }

  /**
   * The inventory of one user that keeps counts and serials of the same items.
   *
   * @param options `properties`: a schema (zod, valibot, arktype, ...) that all properties keep to
   * @throws InvalidArgumentError for an app, a user or a schema that can't be one
   */
  hybrid<P extends Properties = Properties>(app: string, user: UserId, options?: SerialOptions<P>): HybridInventory<P> {
    return this.#composed(new Hybrid<P>(this, app, user, options))
  }

  /**
   * Runs work in a transaction: all inventories used inside join it by themselves, and all of it is committed or none. Inside another
   * transaction it is a savepoint. A deadlock, a conflict or a lost connection rolls back and runs the whole callback again.
   *
   * @returns what the work returned, after the commit
   * @throws what the work threw, after the rollback; TransactionTimeoutError; ConflictError and ConnectionLostError when the retries are
   *   used up; OutcomeUnknownError when the connection broke during COMMIT and the database could not be asked what became of it
   * @example
   * await stockpile.transaction(async () => {
   *   await stockpile.tally('farm', 1).subtract('gold', 5)
   *   await stockpile.tally('farm', 2).add('gold', 5)
   * })
   */
  async transaction<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (typeof work !== 'function') throw new InvalidArgumentError('work', work, 'an async function')
    const { retries = 10, timeoutMs = 30_000 } = toOptions('options', options, ['retries', 'timeoutMs'])
    return this.ledger.transaction(work, {
      retries: toCount('retries', retries, 0),
      timeoutMs: toCount('timeoutMs', timeoutMs, 1, timerMsMax),
    })
  }

  /**
   * Runs work inside a transaction that the application has opened on a connection of its own, to the same database: what inventories write in it
   * commits and rolls back with that transaction. Work that throws is undone as a whole, the application's own statements in it included, and the
   * transaction goes on. Nothing is committed here, no tables are made, and nothing is tried again.
   *
   * @param connection with its transaction open: of pg, postgres.js, mysql2 (promises), mariadb, better-sqlite3, node:sqlite, Kysely, Knex, TypeORM
   *   or Prisma, or `fromDrizzle(tx, sql)`
   * @returns what the work returned, and two methods to say afterwards what became of the transaction, which run the callbacks of `onCommit` or
   *   `onRollback`; whoever says nothing only leaves those out
   * @throws what the work threw; JoinRefusedError for a connection that can't be joined; TablesMissingError; InTransactionError inside a
   *   transaction of Stockpile's; ConflictError after a deadlock, after which the application's whole transaction is to be run again
   */
  async join<T>(connection: Joinable, work: () => Promise<T>): Promise<Joined<T>> {
    if (typeof work !== 'function') throw new InvalidArgumentError('work', work, 'an async function')
    return this.ledger.join(connection, executorOf(connection, this.ledger.dialect), work)
  }

  /**
   * Calls back after the commit of the transaction that this is called in, which waits for its callbacks before it answers. One that throws
   * is reported and changes nothing.
   *
   * @throws NoTransactionError outside of a transaction
   */
  onCommit(callback: Callback): void {
    this.ledger.onCommit(toCallback(callback))
  }

  /**
   * Calls back after the rollback of the transaction, or of the savepoint, that this is called in; once for each try that was rolled back.
   *
   * @throws NoTransactionError outside of a transaction
   */
  onRollback(callback: Callback): void {
    this.ledger.onRollback(toCallback(callback))
  }

  /**
   * Does many changes, of as many accounts and apps as you like, all or nothing, in one round.
   *
   * @param changes 1 to 10,000 changes from `inventory.plan`, done in this order; an item may appear more than once
   * @returns an outcome for each change, in order
   * @throws what refuses the first change that can't be done, and InvalidArgumentError; nothing was written
   * @example
   * const [farmer, miller] = [stockpile.tally('farm', 1), stockpile.tally('farm', 2)]
   * await stockpile.deal([farmer.plan.subtract('wheat', 2), miller.plan.add('wheat', 2)])
   */
  async deal<const Changes extends readonly Change[]>(
    changes: Changes,
    options: WriteOptions = {},
  ): Promise<Outcomes<Changes>> {
    if (!Array.isArray(changes))
      throw new InvalidArgumentError('changes', changes, 'a list of changes from inventory.plan')
    const runs = runsOf(changes, this)
    const { data, key, ifVersion, dryRun } = toOptions('options', options, writeOptionNames)
    if (runs.length === 0) await this.ledger.settle({ changes: [], data, key, ifVersion, dryRun })
    const outcomes = await collect(
      this.ledger,
      runs.map(({ inventory, changes: own }) => ({
        inventory,
        write: async () =>
          requireOutcomes(inventory, await inventory.write({ changes: own, data, key, dryRun }), own.length),
      })),
      (deals) => settleInOne(deals, { data, key, ifVersion, dryRun }, (deal) => this.ledger.settle(deal)),
    )
    // A layer may have added changes of its own behind those it was given: the caller gets an outcome for each change of theirs.
    return outcomes.flatMap((some, index) => some.slice(0, runs[index]!.changes.length)) as unknown as Outcomes<Changes>
  }

  /**
   * Makes the tables of the named apps, and brings all others up to date.
   *
   * @returns what was done, in order; empty when all was up to date
   * @throws InTransactionError inside a transaction; SchemaTooNewError when a later Stockpile made the tables
   */
  async migrate(apps: readonly string[] = []): Promise<Migration[]> {
    if (!Array.isArray(apps)) throw new InvalidArgumentError('apps', apps, 'a list of apps')
    return this.ledger.migrate(Array.from(apps as readonly string[], (app) => toApp(app)))
  }

  /**
   * Changes holdings of an app by SQL, many at once, in one transaction. Every cached value of the app is out at the moment of the commit, at
   * a cost that doesn't grow with their number, and no reader gets an older one afterwards. The history gets an entry for every holding that
   * was changed. What it changes in other apps counts as changed by hand.
   *
   * @param work gets a function that runs one statement; nothing but that can be used inside
   * @returns what the work returned, after the commit
   * @throws what the work threw, after the rollback; InTransactionError inside a transaction; CacheUnavailableError if not every server of the cache
   *   answered, and nothing was written; OutcomeUnknownError
   * @example
   * await stockpile.bulk('farm', async (sql) => {
   *   await sql("UPDATE farm_stockpile_holding SET quantity = 0 WHERE item_id = 'daily_bonus'")
   * })
   */
  async bulk<T>(app: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    if (typeof work !== 'function') throw new InvalidArgumentError('work', work, 'an async function')
    return this.ledger.bulk(toApp(app), work)
  }

  /** What the cache did since this was made; null where there is none. */
  get cacheStatistics(): CacheStatistics | null {
    return this.ledger.cacheStatistics
  }

  /**
   * Removes the cached values of all accounts that were changed by hand so far. Every Stockpile with a cache does that by itself, `relayMs` after
   * the change at the latest; this is for those who can't wait.
   *
   * @returns how many accounts; 0 without a cache
   * @throws CacheUnavailableError when values could not be removed; they are tried again later
   */
  async relay(): Promise<number> {
    return this.ledger.relay()
  }

  /**
   * What the database remembers of its cache. Whoever writes to it must have that one.
   *
   * @returns null where it remembers none: it was never cached, or was made to forget
   * @throws InTransactionError inside a transaction
   */
  async cacheNote(): Promise<CacheNote | null> {
    return this.ledger.outside('cacheNote', readNote)
  }

  /**
   * Has the database forget its cache, whichever it is, so that it can be used without one or with another. What lies in the old cache is never
   * found again.
   *
   * No process may use that cache any more: its reads would answer what lies there, while others write without telling it. Its writes would be
   * refused, those of this Stockpile included.
   *
   * @returns what the database remembered; null where that was none
   * @throws InTransactionError inside a transaction
   */
  async forgetCache(): Promise<CacheNote | null> {
    return this.ledger.outside('forgetCache', forgetNote)
  }

  /** The apps that have tables in this database, sorted. */
  async apps(): Promise<string[]> {
    return this.ledger.apps()
  }

  /**
   * Checks that every account's history adds up to its holdings and has no gap, beside the work that goes on.
   *
   * @returns what was checked, and every break that was found
   */
  async verify(app: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.ledger.verify(toApp(app), toOptions('options', options, ['onProgress']))
  }

  /**
   * Waits for what is under way and closes the storage; a pool that was handed in stays open. Closing twice does nothing.
   *
   * @throws InTransactionError inside a transaction
   */
  async close(): Promise<void> {
    await this.ledger.close()
  }

  /** A core with the layers that everybody gets. */
  #composed<I extends AnyInventory>(core: I): I {
    return this.ledger.isCached ? (new Cacher(core) as AnyInventory as I) : core
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Changes that stand together and belong to one inventory: they flow through its layers together. */
function runsOf(changes: readonly unknown[], stockpile: Stockpile): { inventory: AnyInventory; changes: Change[] }[] {
  const runs: { inventory: AnyInventory; changes: Change[] }[] = []
  // Array.from also visits the holes of a list.
  for (const [index, change] of Array.from(changes).entries()) {
    const checked = toChange(`changes[${index}]`, change)
    const inventory = inventoryOf(checked, plannerOf(change as Change), stockpile)
    const last = runs.at(-1)
    if (last !== undefined && last.inventory === inventory) last.changes.push(checked)
    else runs.push({ inventory, changes: [checked] })
  }
  return runs
}

/** The inventory whose layers a change flows through: the one that planned it; for one made by hand, or planned elsewhere, a core. */
function inventoryOf(change: Change, planner: AnyInventory | undefined, stockpile: Stockpile): AnyInventory {
  if (planner === undefined) return coreOf(change, stockpile)
  // A core of another Stockpile adds nothing to the change; what a wrapper would add is lost elsewhere, so that is refused later.
  return planner.ledger === stockpile.ledger || !planner.isBare ? planner : coreOf(change, stockpile)
}

/** The core of a change. */
function coreOf({ kind, app, user }: Change, stockpile: Stockpile): AnyInventory {
  const core = kind === 'tally' ? Tally : kind === 'serial' ? Serial : Hybrid
  return new core(stockpile, app, user)
}

function toCallback(callback: unknown): Callback {
  if (typeof callback === 'function') return callback as Callback
  throw new InvalidArgumentError('callback', callback, 'a function')
}
