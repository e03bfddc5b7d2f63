import {
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  TransactionClosedError,
} from '../../errors.ts'
import type {
  AccountName,
  AccountRow,
  AppWrites,
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  Loaded,
  LockWait,
  Names,
  SerialRow,
  Session,
  Writes,
} from '../contract.ts'
import { insertChanges, readCacheNote } from './cached-statements.ts'
import type { Line, Mode } from './connection.ts'
import type { Connections } from './connections.ts'
import { isLockTimeout, isRolledBack, isSavepointMissing, isTooLong, toFault } from './faults.ts'
import { fetchHoldings } from './fetch.ts'
import { findOutcome } from './outcome.ts'
import {
  toAccountRow,
  toHistoryRow,
  toHoldingRow,
  toReceiptRow,
  toSerialRow,
  type AccountColumns,
  type HistoryColumns,
  type HoldingColumns,
  type ReceiptColumns,
  type SerialColumns,
} from './rows.ts'
import * as sql from './statements.ts'

/** `unclean`: a save failed and may have left a part of itself; `doomed`: the server has rolled everything back. */
type State = 'open' | 'unclean' | 'doomed' | 'over'

/** What a session is for. */
export interface SessionOptions {
  /** `batch` for one that must not hold up others. */
  readonly mode: Exclude<Mode, 'reads'>
  /** How long to try to find out what became of a COMMIT that got no answer, in milliseconds. */
  readonly outcomeWaitMs: number
  /**
   * The row for `stockpile_commit` of a batch, in which nothing is done between saving and COMMIT; null for any other transaction. Its row
   * is inserted when the accounts are locked, and what is saved travels with COMMIT, which spares a round trip: the faults of saving come
   * out of `commit` then. Whoever asks for the outcome meanwhile waits for the row's lock, as after any other way of saving.
   */
  readonly batch: { readonly id: string; readonly time: number } | null
}

/** A transaction at READ COMMITTED on a connection of its own. */
export class MysqlSession implements Session {
  readonly #connections: Connections
  readonly #connection: Line
  readonly #options: SessionOptions
  #saving: readonly string[] = []
  #state: State = 'open'

  /** @param connection taken from `connections`, and given back at the end */
  constructor(connections: Connections, connection: Line, options: SessionOptions) {
    this.#connections = connections
    this.#connection = connection
    this.#options = options
    connection.enter(options.mode)
  }

  /** Whether it has been committed or rolled back. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  load(names: Names, wait: LockWait): Promise<Loaded> {
    return this.#attempt('lock and read what the deals name', names.apps[0]?.app ?? null, async () => {
      // One round trip: a plain read sees what is committed when its turn has come, which is after the locks were taken.
      const locks = names.apps.map(({ app, users }) => ({ app, statements: sql.lockAccounts(app, users, wait) }))
      const reads = names.apps.map(({ app, holdings }) => ({ app, statements: sql.readHoldings(app, holdings) }))
      const serials = names.apps.map(({ app, holdings, serials: named }) => ({
        app,
        statements: [
          ...sql.readSerials(
            app,
            holdings.filter(({ hasSerials }) => hasSerials),
          ),
          ...sql.findSerials(app, named),
        ],
      }))
      const receipts = sql.readReceipts(names.keys)
      const { batch } = this.#options
      const commit = batch === null ? [] : [sql.insertCommit(batch.id, batch.time)]
      const answers = await this.#connection.rowsOfAll(
        [...locks, ...reads, ...serials, { statements: [...receipts, readCacheNote, ...commit] }].flatMap(
          ({ statements }) => statements,
        ),
      )
      const take = <Row>(count: number): Row[] => answers.splice(0, count).flat() as readonly unknown[] as Row[]
      const accounts = locks.flatMap(({ app, statements }) =>
        take<AccountColumns>(statements.length).map((row) => toAccountRow(app, row)),
      )
      const holdings = reads.flatMap(({ app, statements }) =>
        take<HoldingColumns>(statements.length).map((row) => toHoldingRow(app, row)),
      )
      const serialRows = serials.flatMap(({ app, statements }) =>
        take<SerialColumns>(statements.length).map((row) => toSerialRow(app, row)),
      )
      const receiptRows = take<ReceiptColumns>(receipts.length).map(toReceiptRow)
      const [note] = take<readonly [string]>(1)
      const skipped = wait === 'skip' ? await this.#findSkipped(names, accounts) : []
      return {
        accounts,
        holdings,
        serials: distinct(serialRows),
        receipts: receiptRows,
        skipped,
        cache: note?.[0] ?? null,
      }
    })
  }

  save(writes: Writes): Promise<void> {
    return this.#attempt('save', writes.apps[0]?.app ?? null, async () => {
      const statements = writes.apps.flatMap(saveStatements)
      // After everything that is locked already, and in an order of its own: two that wait for each other's receipts can't happen.
      statements.push(...sql.insertReceipts(writes.receipts))
      if (this.#options.batch !== null) {
        this.#saving = [...this.#saving, ...statements]
        return
      }
      if (writes.commit !== null) statements.push(sql.insertCommit(writes.commit.id, writes.commit.time))
      try {
        await this.#connection.runAll(statements)
      } catch (error) {
        this.#state = 'unclean'
        throw error
      }
    })
  }

  noteChanges(accounts: readonly AccountName[]): Promise<void> {
    return this.#attempt('list what is to be removed from the cache', accounts[0]?.app ?? null, async () => {
      const statements = insertChanges(accounts)
      if (this.#options.batch === null) await this.#connection.runAll(statements)
      else this.#saving = [...this.#saving, ...statements]
    })
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#attempt('read holdings', queries[0]?.app ?? null, async () => {
      return fetchHoldings(this.#connection, queries)
    })
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#attempt('read history', query.app, async () => {
      return fetchEntries(this.#connection, query)
    })
  }

  savepoint(level: number): Promise<void> {
    return this.#attempt('set a savepoint', null, async () => {
      await this.#connection.run(`SAVEPOINT stockpile_${level}`)
    })
  }

  restore(level: number): Promise<void> {
    return this.#attempt('roll back to a savepoint', null, async () => {
      try {
        // Rolling back removes the savepoints after it, not itself.
        await this.#connection.runAll([
          `ROLLBACK TO SAVEPOINT stockpile_${level}`,
          `RELEASE SAVEPOINT stockpile_${level}`,
        ])
      } catch (error) {
        // The savepoint went with its transaction.
        if (isSavepointMissing(error)) this.#state = 'doomed'
        this.#check('roll back to a savepoint')
        throw error
      }
      this.#state = 'open'
    })
  }

  release(level: number): Promise<void> {
    return this.#attempt('release a savepoint', null, async () => {
      await this.#connection.run(`RELEASE SAVEPOINT stockpile_${level}`)
    })
  }

  async commit(commitId: string | null, deals: readonly string[]): Promise<void> {
    const { location } = this.#connection
    this.#check('commit')
    if (this.#state === 'unclean') {
      await this.rollback()
      throw new DatabaseError(
        `${location} failed to commit: a save had failed and was not rolled back to a savepoint; nothing was written`,
      )
    }
    this.#state = 'over'
    try {
      await this.#connection.runThen(this.#saving, 'COMMIT')
      this.#connections.give(this.#connection)
    } catch (error) {
      const outcome = this.#saving.length === 0 ? undefined : await this.#askAtOnce(commitId)
      if (outcome !== undefined) {
        this.#connections.give(this.#connection)
        if (outcome === 'committed') return
        throw toFault(error, { location, tried: 'save and commit', app: null })
      }
      // Without a connection nothing more can be committed.
      this.#connection.destroy()
      this.#connections.give(this.#connection)
      await this.#resolve(commitId, deals, error)
    }
  }

  async rollback(): Promise<void> {
    if (this.#state === 'over') return
    this.#state = 'over'
    await this.#connection.run('ROLLBACK').catch(() => this.#connection.destroy())
    this.#connections.give(this.#connection)
  }

  /**
   * Rolls back what a server refused that still answers, and looks for what it may have committed: the error doesn't tell whether it is
   * that of a statement before COMMIT or of COMMIT itself, which can fail after it took effect. Undefined where that can't be told here.
   */
  async #askAtOnce(commitId: string | null): Promise<'committed' | 'rolled back' | undefined> {
    if (!this.#connection.isUsable) return undefined
    try {
      await this.#connection.run('ROLLBACK')
      const rows = commitId === null ? [] : await this.#connection.rows(sql.lockCommit(commitId))
      await this.#connection.run('ROLLBACK')
      return rows.length > 0 ? 'committed' : 'rolled back'
    } catch {
      return undefined
    }
  }

  /** Answers for a COMMIT that failed: by the row that the transaction left behind if, and only if, it was committed. */
  async #resolve(commitId: string | null, deals: readonly string[], error: unknown): Promise<void> {
    const outcome =
      commitId === null ? 'rolled back' : await findOutcome(this.#connections, commitId, this.#options.outcomeWaitMs)
    if (outcome === 'committed') return
    if (outcome === undefined) throw new OutcomeUnknownError(deals, { cause: error })
    const fault = toFault(error, { location: this.#connection.location, tried: 'commit', app: null })
    if (fault instanceof ConflictError || isTooLong(error)) throw fault
    throw new ConnectionLostError(`${fault.message}; nothing was written`, fault.data, { cause: error })
  }

  /** Of the accounts that were not locked, those that exist: somebody else has them. */
  async #findSkipped({ apps }: Names, locked: readonly AccountRow[]): Promise<AccountName[]> {
    if (locked.length === apps.reduce((sum, { users }) => sum + users.length, 0)) return []
    const have = new Set(locked.map(({ app, user }) => `${app} ${user}`))
    const found = apps.map(async ({ app, users }) => {
      const missing = users.filter((user) => !have.has(`${app} ${user}`))
      const rows = await this.#connection.rowsOfAll<readonly [string]>(sql.findAccounts(app, missing))
      return rows.flat().map(([user]) => ({ app, user }))
    })
    return (await Promise.all(found)).flat()
  }

  #check(tried: string): void {
    if (this.#state === 'over') throw new TransactionClosedError()
    if (this.#state !== 'doomed') return
    const message = `${this.#connection.location} failed to ${tried}: it has rolled the transaction back; run it again from its beginning`
    throw new ConflictError(message, { tried })
  }

  async #attempt<T>(tried: string, app: string | null, work: () => Promise<T>): Promise<T> {
    try {
      this.#check(tried)
      return await work()
    } catch (error) {
      // Anything else, a lock timeout included, undoes the statement alone.
      if (isRolledBack(error) || (isLockTimeout(error) && this.#connections.hasTimeoutRollback)) this.#state = 'doomed'
      throw toFault(error, { location: this.#connection.location, tried, app })
    }
  }
}

/** Each serial once: one that is named and in a named holding was read twice. */
function distinct(rows: readonly SerialRow[]): SerialRow[] {
  return [...new Map(rows.map((row) => [`${row.app} ${row.serial}`, row])).values()]
}

/** Reads a page of history. */
export async function fetchEntries(connection: Line, query: EntryQuery): Promise<HistoryRow[]> {
  const rows = await connection.rows<HistoryColumns>(sql.readEntries(query))
  return rows.map((row) => toHistoryRow(query.app, row))
}

/**
 * What is to be written in one app, in an order that every writer keeps: new accounts first, which are all that somebody else may be
 * inserting too; the rest belongs to accounts that are locked. By the history, which comes before the holdings, the triggers can tell that
 * these are Stockpile's own.
 */
function saveStatements(writes: AppWrites): string[] {
  const { app } = writes
  return [
    ...sql.insertAccounts(app, writes.accountsNew),
    ...sql.updateAccounts(app, writes.accountsChanged),
    ...sql.insertHistory(app, writes.history),
    ...sql.deleteHoldings(app, writes.holdingsGone),
    ...sql.updateHoldings(app, writes.holdingsChanged),
    ...sql.insertHoldings(app, writes.holdingsNew),
    // A serial that moves is deleted there before it is inserted here.
    ...sql.deleteSerials(app, writes.serialsGone),
    ...sql.updateSerials(app, writes.serialsChanged),
    ...sql.insertSerials(app, writes.serialsNew),
  ]
}
