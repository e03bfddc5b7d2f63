import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  Quantity,
  Stockpile,
  type HybridInventory,
  type Inventory,
  type Properties,
  type SerialGiven,
  type SerialOptions,
  type StockpileOptions,
  type UserId,
} from '../index.ts'
import type { Backend, Database } from './database.ts'

// What triggers watch comes first: they write into the others.
const appTables = ['serial', 'holding', 'account', 'history'] as const
const sharedTables = ['stockpile_receipt', 'stockpile_commit', 'stockpile_change'] as const

/** The start of the name of every user and key of the crowd; no behaviour uses it. */
export const crowdPrefix = 'crowd_'

// 2026-01-01T00:00:00Z: any moment will do, as long as it is always the same.
const start = 1_767_225_600_000

/** Puts layers around an inventory that change nothing which can be observed (I6). */
export type Wrap = <I>(inventory: I) => I

/** What a behaviour works with: a Stockpile on a database with nothing in it, and ways to look at it from outside. */
export class Context {
  /** A Stockpile whose apps have their tables already. */
  readonly stockpile: Stockpile
  /** Two apps with tables and without accounts. */
  readonly app = 'farm'
  readonly otherApp = 'mill_2'
  /** The time of every Stockpile here; a behaviour may set it. */
  readonly clock = { now: start }
  readonly database: Database
  readonly backend: Backend
  /** Whether a crowd is there. */
  isCrowded = false
  /** What was told to the logger of every Stockpile here. */
  readonly logged: { message: string; facts: object | undefined }[] = []
  /** Runs work as part of nobody's transaction, even when it is called inside of one. */
  readonly outside: <T>(work: () => T) => T = AsyncLocalStorage.snapshot()
  readonly #wrap: Wrap
  readonly #used = new Map<string, Inventory<unknown, never>>()
  #opened: Stockpile[] = []
  #elsewhere: Context[] = []

  #hasTables = false

  private constructor(backend: Backend, database: Database, wrap: Wrap) {
    this.backend = backend
    this.#wrap = wrap
    this.database = database
    this.stockpile = this.#make({})
  }

  /**
   * Makes an empty database and opens a Stockpile on it.
   *
   * @param wrap goes around every inventory that a behaviour gets here
   */
  static async open(backend: Backend, wrap: Wrap = (inventory) => inventory): Promise<Context> {
    const context = new Context(backend, await backend.create(), wrap)
    await context.stockpile.migrate([context.app, context.otherApp])
    context.#hasTables = true
    return context
  }

  /** The inventory of counts of one user. */
  tally(user: UserId = 'ann', app: string = this.app): Inventory<bigint> {
    return this.#use(this.stockpile.tally(app, user))
  }

  /** The inventory of serials of one user. */
  serial<P extends Properties = Properties>(
    user: UserId = 'ann',
    app: string = this.app,
    options: SerialOptions<P> = {},
  ): Inventory<Quantity<P>, SerialGiven<P>> {
    return this.#use(this.stockpile.serial(app, user, options))
  }

  /** The inventory of counts and serials of one user. */
  hybrid<P extends Properties = Properties>(
    user: UserId = 'ann',
    app: string = this.app,
    options: SerialOptions<P> = {},
  ): HybridInventory<P> {
    return this.#use(this.stockpile.hybrid(app, user, options))
  }

  /** What `stockpile` answers here and now about everybody whose inventory was asked for. */
  async answers(): Promise<(readonly unknown[])[]> {
    return Promise.all(
      [...this.#used.values()].map(async (inventory) => {
        const items = await inventory.all()
        return [inventory.app, inventory.user, items.version, plain([...items]), await inventory.history()]
      }),
    )
  }

  /** Opens another Stockpile on the same database, as another process would; it is closed when the behaviour ends. */
  another(options: Partial<StockpileOptions> = {}): Stockpile {
    const stockpile = this.#make(options)
    this.#opened.push(stockpile)
    return stockpile
  }

  /** Makes another database, without any tables, with a Stockpile of its own; it goes when the behaviour ends. */
  async elsewhere(): Promise<Context> {
    const context = new Context(this.backend, await this.backend.create(), this.#wrap)
    this.#elsewhere.push(context)
    return context
  }

  /** Everything that is stored, a line for each row, as the database says it to an outsider; without what the crowd writes. */
  async dump(): Promise<string[]> {
    const lines: string[] = []
    for (const table of this.#tables()) {
      if (this.isCrowded && table === 'stockpile_commit') continue
      const rows = await this.database.sql(`SELECT * FROM ${table} ORDER BY 1, 2`)
      lines.push(...rows.map((row) => `${table}: ${row.join(' | ')}`))
    }
    return this.isCrowded ? lines.filter((line) => !line.includes(`: ${crowdPrefix}`)) : lines
  }

  /** Checks the books of both apps. */
  async checkBooks(): Promise<void> {
    for (const app of [this.app, this.otherApp]) {
      const { breaks } = await this.stockpile.verify(app)
      assert.deepEqual(breaks, [], `the books of ${app} are in order`)
    }
  }

  /**
   * Ends a behaviour: closes what it opened and deletes what it stored.
   *
   * @throws Error where something can't be closed, or rows are still locked
   */
  async clear(): Promise<void> {
    const opened = this.#opened
    const elsewhere = this.#elsewhere
    this.#opened = []
    this.#elsewhere = []
    await Promise.all(opened.map((stockpile) => stockpile.close()))
    for (const context of elsewhere) await context.end()
    // The connection waits for nobody, so a row that is still locked is an error here.
    if (this.#hasTables) await this.#empty()
    this.clock.now = start
    this.logged.length = 0
    this.#used.clear()
    this.isCrowded = false
  }

  /** Closes everything and deletes the database. */
  async end(): Promise<void> {
    await this.clear()
    await this.stockpile.close()
    await this.database.drop()
  }

  async #empty(): Promise<void> {
    const { database } = this
    const tables = this.#tables()
    // That holdings are deleted is noticed, for which there has to be room in the history, whatever a behaviour has made of it.
    const first = tables.filter((table) => /_(history|account|holding)$/.test(table)).toReversed()
    for (const table of [...first, ...tables]) await database.sql(`DELETE FROM ${table}`)
    if (database.cache === undefined) {
      await database.sql("DELETE FROM stockpile_meta WHERE name = 'cache'")
      await database.sql("UPDATE stockpile_meta SET value = '1' WHERE name LIKE 'generation:%'")
    } else {
      // All that was done past the cache is done: from here on nothing of it is to be found there.
      for (const app of [this.app, this.otherApp]) await this.stockpile.bulk(app, async () => undefined)
    }
  }

  /** Puts the layers around an inventory, and notes that it was asked for. */
  #use<I>(inventory: I): I {
    const wrapped = this.#wrap(inventory)
    const used = wrapped as Inventory<unknown, never>
    this.#used.set(`${used.kind} ${used.app} ${used.user}`, used)
    return wrapped
  }

  #tables(): string[] {
    const ofApps = [this.app, this.otherApp].flatMap((app) => appTables.map((table) => `${app}_stockpile_${table}`))
    return [...ofApps, ...sharedTables]
  }

  #make(options: Partial<StockpileOptions>): Stockpile {
    const log = (message: string, facts?: object): void => {
      this.logged.push({ message, facts })
    }
    return new Stockpile({
      storage: this.database.storage(),
      ...(this.database.cache === undefined ? {} : { cache: this.database.cache() }),
      clock: () => this.clock.now,
      tables: 'auto',
      logger: { debug: log, info: log, warn: log, error: log },
      ...options,
    })
  }
}

/** Quantities as what they export, which can be compared. */
function plain(items: readonly (readonly [string, unknown])[]): unknown[] {
  return items.map(([item, quantity]) => [item, quantity instanceof Quantity ? quantity.export() : quantity])
}
