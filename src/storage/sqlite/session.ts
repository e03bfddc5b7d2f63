import type {
  AccountName,
  AppNames,
  AppWrites,
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  HoldingRow,
  Loaded,
  Names,
  SerialRow,
  Session,
  Writes,
} from '../contract.ts'
import { ConnectionLostError } from '../../errors.ts'
import { touchesHoldings } from '../touches-holdings.ts'
import { toNumber, type Line } from './connection.ts'
import { toFault } from './faults.ts'
import { entriesStatement, sharedStatements } from './statements.ts'

/** What SQLite answers for a row of history. */
export interface HistoryColumns {
  user_id: string
  version: bigint
  line: bigint
  item_id: string
  change: bigint
  balance: bigint
  serials: string | null
  party: string | null
  deal: string
  data: string | null
  time: bigint
}

/** What SQLite answers for a holding. */
export interface HoldingColumns {
  item_id: string
  quantity: bigint
  serials: bigint
  position: bigint | null
}

/** What SQLite answers for a serial. */
export interface SerialColumns {
  user_id: string
  item_id: string
  serial: bigint
  properties: string
}

/**
 * A transaction on the write connection. BEGIN IMMEDIATE has locked the whole file, so the accounts need no locks of their own and
 * nothing is ever skipped.
 */
export class SqliteSession implements Session {
  readonly #connection: Line

  /** @param connection with its write transaction open */
  constructor(connection: Line) {
    this.#connection = connection
  }

  load(names: Names): Promise<Loaded> {
    return attempt('read what the deals name', () => ({
      accounts: names.apps.flatMap((app) => this.#accounts(app)),
      holdings: names.apps.flatMap((app) => this.#holdings(app)),
      serials: names.apps.flatMap((app) => this.#serials(app)),
      receipts: names.keys.flatMap((key) =>
        this.#connection.all<ReceiptColumns>(sharedStatements.receipt, key).map(toReceiptRow),
      ),
      skipped: [],
      cache: this.#connection.get<{ value: string }>(sharedStatements.cacheNote)?.value ?? null,
    }))
  }

  noteChanges(accounts: readonly AccountName[]): Promise<void> {
    return attempt('note changes', () => {
      for (const { app, user } of accounts) this.#connection.run(sharedStatements.noteChange, app, user)
    })
  }

  save(writes: Writes): Promise<void> {
    return attempt('save', () => {
      const connection = this.#connection
      // Primary key; tells the triggers who writes. It goes with the transaction, or the savepoint, where anything fails.
      const isMarked = touchesHoldings(writes)
      if (isMarked) connection.run(sharedStatements.noteMeta, 'writes', '')
      for (const app of writes.apps) {
        this.#saveApp(app)
        this.#saveSerials(app)
      }
      if (isMarked) connection.run(sharedStatements.deleteMeta, 'writes')
      for (const { key, hash, deal, outcome, time } of writes.receipts) {
        connection.run(sharedStatements.insertReceipt, key, hash, deal, outcome, BigInt(time))
      }
      if (writes.commit !== null)
        connection.run(sharedStatements.insertCommit, writes.commit.id, BigInt(writes.commit.time))
    })
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return attempt('read holdings', () => queries.map((query) => fetchOne(this.#connection, query)))
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return attempt('read history', () => fetchEntries(this.#connection, query))
  }

  savepoint(level: number): Promise<void> {
    return attempt('set a savepoint', () => this.#connection.execute(`SAVEPOINT level_${level}`))
  }

  restore(level: number): Promise<void> {
    return attempt('roll back to a savepoint', () =>
      this.#connection.execute(`ROLLBACK TO level_${level}; RELEASE level_${level}`),
    )
  }

  release(level: number): Promise<void> {
    return attempt('release a savepoint', () => this.#connection.execute(`RELEASE level_${level}`))
  }

  commit(commitId: string | null): Promise<void> {
    return attempt('commit', () => {
      try {
        this.#connection.commit()
      } catch (error) {
        const fault = toFault(error, 'commit')
        // While SQLite still has the transaction open, rolling back settles the matter; otherwise the commit row tells.
        if (this.#connection.isInTransaction) this.#connection.rollback()
        else if (commitId !== null && this.#connection.get(sharedStatements.commit, commitId) !== undefined) return
        throw new ConnectionLostError(`${fault.message}; nothing was written`, fault.data, { cause: error })
      }
    })
  }

  async rollback(): Promise<void> {
    await attempt('roll back', () => this.#connection.rollback()).catch(() => undefined)
  }

  #accounts({ app, users }: AppNames): Loaded['accounts'] {
    const { account } = this.#connection.app(app)
    return users.flatMap((user) => {
      const row = this.#connection.get<{ version: bigint; changed_at: bigint }>(account, user)
      return row === undefined ? [] : [{ app, user, version: row.version, changedAt: toNumber(row.changed_at) }]
    })
  }

  #holdings({ app, holdings }: AppNames): HoldingRow[] {
    return holdings.flatMap(({ user, item }) => fetchHolding(this.#connection, app, user, item))
  }

  #serials({ app, holdings, serials }: AppNames): SerialRow[] {
    const connection = this.#connection
    const sql = connection.app(app)
    const found = new Map<bigint, SerialRow>()
    for (const { user, item, hasSerials } of holdings) {
      if (!hasSerials) continue
      for (const row of connection.all<SerialColumns>(sql.serialsOfHolding, user, item))
        found.set(row.serial, toSerialRow(app, row))
    }
    for (const serial of serials) {
      for (const row of connection.all<SerialColumns>(sql.serial, serial)) found.set(row.serial, toSerialRow(app, row))
    }
    return [...found.values()]
  }

  #saveSerials({ app, serialsGone, serialsChanged, serialsNew }: AppWrites): void {
    const connection = this.#connection
    const sql = connection.app(app)
    for (const { user, item, serial } of serialsGone) {
      connection.run(sql.deleteSerial, user, item, serial)
    }
    for (const { user, item, serial, properties } of serialsChanged)
      connection.run(sql.updateSerial, properties, user, item, serial)
    for (const { user, item, serial, properties } of serialsNew)
      connection.run(sql.insertSerial, user, item, serial, properties)
  }

  #saveApp({
    app,
    accountsNew,
    accountsChanged,
    holdingsNew,
    holdingsChanged,
    holdingsGone,
    history,
  }: AppWrites): void {
    const connection = this.#connection
    const sql = connection.app(app)
    for (const { user, version, changedAt } of accountsNew)
      connection.run(sql.insertAccount, user, version, BigInt(changedAt))
    for (const { user, version, changedAt } of accountsChanged)
      connection.run(sql.updateAccount, version, BigInt(changedAt), user)
    for (const { user, item } of holdingsGone) {
      connection.run(sql.deleteHolding, user, item)
    }
    for (const { user, item, quantity, serials, position } of holdingsChanged) {
      connection.run(sql.updateHolding, quantity, BigInt(serials), position, user, item)
    }
    for (const { user, item, quantity, serials, position } of holdingsNew) {
      connection.run(sql.insertHolding, user, item, quantity, BigInt(serials), position)
    }
    for (const row of history) {
      const { user, version, line, item, change, balance, serials, party, deal, data, time } = row
      const what = [item, change, balance, serials, party, deal, data]
      connection.run(sql.insertHistory, user, version, BigInt(line), ...what, BigInt(time))
    }
  }
}

interface ReceiptColumns {
  key: string
  hash: string
  deal: string
  outcome: string
  time: bigint
}

function toReceiptRow(row: ReceiptColumns): Loaded['receipts'][number] {
  return { ...row, time: toNumber(row.time) }
}

/**
 * Reads what one query asks for, inside whatever transaction is open.
 *
 * @returns version 0 and nothing for an account that isn't there
 */
export function fetchOne(connection: Line, { app, user, items, hasSerials }: HoldingQuery): HoldingAnswer {
  const sql = connection.app(app)
  const account = connection.get<{ version: bigint }>(sql.account, user)
  const holdings =
    items === null
      ? connection.all<HoldingColumns>(sql.holdingsOfUser, user).map((row) => toHoldingRow(app, user, row))
      : items.flatMap((item) => fetchHolding(connection, app, user, item))
  const serials = hasSerials ? fetchSerials(connection, app, user, items) : []
  return { version: account?.version ?? 0n, holdings, serials }
}

function fetchHolding(connection: Line, app: string, user: string, item: string): HoldingRow[] {
  const row = connection.get<Omit<HoldingColumns, 'item_id'>>(connection.app(app).holding, user, item)
  return row === undefined ? [] : [toHoldingRow(app, user, { item_id: item, ...row })]
}

function fetchSerials(connection: Line, app: string, user: string, items: readonly string[] | null): SerialRow[] {
  const sql = connection.app(app)
  const rows =
    items === null
      ? connection.all<SerialColumns>(sql.serialsOfUser, user)
      : items.flatMap((item) => connection.all<SerialColumns>(sql.serialsOfHolding, user, item))
  return rows.map((row) => toSerialRow(app, row))
}

/** A serial as the contract has it. */
export function toSerialRow(
  app: string,
  { user_id: user, item_id: item, serial, properties }: SerialColumns,
): SerialRow {
  return { app, user, item, serial, properties }
}

/** Reads a page of history, inside whatever transaction is open. */
export function fetchEntries(connection: Line, query: EntryQuery): HistoryRow[] {
  const { sql, parameters } = entriesStatement(query)
  return connection.all<HistoryColumns>(sql, ...parameters).map((row) => toHistoryRow(query.app, row))
}

/** A holding as the contract has it. */
export function toHoldingRow(
  app: string,
  user: string,
  { item_id: item, quantity, serials, position }: HoldingColumns,
): HoldingRow {
  return { app, user, item, quantity, serials: toNumber(serials), position }
}

/** A row of history as the contract has it. */
export function toHistoryRow(app: string, row: HistoryColumns): HistoryRow {
  const { user_id: user, item_id: item, version, change, balance, serials, party, deal, data } = row
  return {
    app,
    user,
    item,
    version,
    line: toNumber(row.line),
    change,
    balance,
    serials,
    party,
    deal,
    data,
    time: toNumber(row.time),
  }
}

/** Runs synchronous work as the promise that the contract asks for, with the contract's errors. */
export function attempt<T>(tried: string, work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    try {
      resolve(work())
    } catch (error) {
      reject(toFault(error, tried))
    }
  })
}
