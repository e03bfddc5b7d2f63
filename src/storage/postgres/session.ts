import {
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  TransactionClosedError,
  type StockpileError,
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
import { touchesHoldings } from '../touches-holdings.ts'
import type { Connection, Line, OpenRound } from './connection.ts'
import type { Connections } from './connections.ts'
import { toFault } from './faults.ts'
import { fetchHoldings } from './fetch.ts'
import { findOutcome } from './outcome.ts'
import { readEntries } from './read-statements.ts'
import type { Answer } from './round.ts'
import { toAccountRow, toHistoryRow, toHoldingRow, toReceiptRow, toSerialRow } from './rows.ts'
import { deleteSerials, findSerials, insertSerials, readSerials, updateSerials } from './serial-statements.ts'
import { insertChanges, readCacheNote } from './cached-statements.ts'
import { insertCommit, insertReceipts, readReceipts } from './shared-statements.ts'
import type { Call } from './statement.ts'
import * as sql from './statements.ts'

// How long a batch that leaves locked accounts out waits for what it can't see: somebody else who is inserting the same account or
// receipt. Such a transaction is as short as a batch, or the deals are better off on a detour; and to find out which one it is that has to go,
// the batch waits up to three times.
const insertWaitMs = 50

/** How a session behaves. */
export interface SessionOptions {
  /** How long a statement waits for a lock, in milliseconds. */
  readonly lockWaitMs: number
  /** How long to try to find out what became of a COMMIT that got no answer, in milliseconds. */
  readonly outcomeWaitMs: number
  /**
   * Whether what is saved may wait for COMMIT and travel with it, which spares a round trip: for a batch, where nothing is done in
   * between. The faults of saving come out of `commit` then.
   */
  readonly isBatch: boolean
  /** Where the batch waits for something else between saving and COMMIT: opens the round in which both travel. */
  readonly openRound?: Connection['open']
  /** Whether the transaction is the application's own, which has begun it, and under settings of its own. */
  readonly isJoined?: boolean
}

/** A transaction at READ COMMITTED on a connection of its own. It begins with the first statement, in the same round trip. */
export class PostgresSession implements Session {
  readonly #connections: Connections
  readonly #connection: Line
  readonly #options: SessionOptions
  /** What nobody waits for an answer to: it goes along with the next round. */
  #pending: Call[]
  #saving: Call[] = []
  #round: OpenRound | null = null
  #isBegun = false
  #isOver = false
  /** How long the server was told to wait for locks; null where it was not told, or that was undone. */
  #toldWaitMs: number | null = null
  #lockWaitMs: number
  #level = 0
  /** At which level of savepoints the row of `stockpile_commit` was inserted; null while it isn't there. */
  #commitLevel: number | null = null

  /** @param connection taken from `connections`, and given back at the end */
  constructor(connections: Connections, connection: Line, options: SessionOptions) {
    this.#connections = connections
    this.#connection = connection
    this.#options = options
    this.#pending = options.isJoined === true ? [] : [sql.bounds.begin]
    this.#lockWaitMs = options.lockWaitMs
  }

  load(names: Names, wait: LockWait): Promise<Loaded> {
    const app = names.apps[0]?.app ?? null
    return this.#attempt('lock and read what the deals name', app, async () => {
      const { lockWaitMs } = this.#options
      this.#lockWaitMs = wait === 'skip' ? Math.min(insertWaitMs, lockWaitMs) : lockWaitMs
      // All of it in one round trip: a statement sees what is committed when its turn has come, which is after the locks were taken.
      const locked = names.apps.filter(({ users }) => users.length > 0)
      const read = names.apps.filter(({ holdings }) => holdings.length > 0)
      const serials = names.apps.flatMap(serialCalls)
      const answers = await this.#run([
        ...locked.map(({ app: name, users }) => sql.lockAccounts(name, users, wait)),
        ...read.map(({ app: name, holdings }) => sql.readHoldings(name, holdings)),
        ...serials.map(({ statement }) => statement),
        ...(names.keys.length === 0 ? [] : [readReceipts(names.keys)]),
        readCacheNote,
      ])
      const accounts = locked.flatMap(({ app: name }) => takeRows(answers).map((row) => toAccountRow(name, row)))
      const holdings = read.flatMap(({ app: name }) => takeRows(answers).map((row) => toHoldingRow(name, row)))
      // A serial that is named and in a named holding is read twice.
      const found = new Map(serials.flatMap(({ app: name }) => takeRows(answers).map((row) => serialEntry(name, row))))
      const receipts = names.keys.length === 0 ? [] : takeRows(answers).map(toReceiptRow)
      const cache = takeRows(answers)[0]?.[0] ?? null
      const skipped = wait === 'skip' ? await this.#findSkipped(names, accounts) : []
      return { accounts, holdings, serials: [...found.values()], receipts, skipped, cache }
    })
  }

  save(writes: Writes): Promise<void> {
    return this.#attempt('save', writes.apps[0]?.app ?? null, async () => {
      const calls = writes.apps.flatMap(saveCalls)
      // After everything that is locked already, and in an order of its own: two that wait for each other's receipts can't happen.
      if (writes.receipts.length > 0) calls.push(insertReceipts(writes.receipts))
      if (writes.commit !== null && this.#commitLevel === null) {
        calls.push(insertCommit(writes.commit.id, writes.commit.time))
        this.#commitLevel = this.#level
      }
      if (this.#options.isBatch) this.#saveLater(calls)
      else if (this.#options.isJoined === true && touchesHoldings(writes)) await this.#run(sql.amongOthers(calls))
      else if (calls.length > 0) await this.#run(calls)
    })
  }

  noteChanges(accounts: readonly AccountName[]): Promise<void> {
    return this.#attempt('note changed accounts', accounts[0]?.app ?? null, async () => {
      if (accounts.length === 0) return
      const calls = insertChanges(accounts)
      if (this.#options.isBatch) this.#saveLater(calls)
      else await this.#run(calls)
    })
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#attempt('read holdings', queries[0]?.app ?? null, () =>
      fetchHoldings(queries, (calls) => this.#run(calls)),
    )
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#attempt('read history', query.app, async () => {
      const answers = await this.#run([readEntries(query)])
      return takeRows(answers).map((row) => toHistoryRow(query.app, row))
    })
  }

  savepoint(level: number): Promise<void> {
    return this.#attempt('set a savepoint', null, async () => {
      this.#pending.push(...sql.savepoint('set', level))
      this.#level = level
    })
  }

  restore(level: number): Promise<void> {
    return this.#attempt('roll back to a savepoint', null, async () => {
      await this.#send(sql.savepoint('undo', level))
      // What was set since, and the row that was inserted since, are undone too.
      this.#toldWaitMs = null
      if (this.#commitLevel !== null && this.#commitLevel >= level) this.#commitLevel = null
      this.#level = level - 1
    })
  }

  release(level: number): Promise<void> {
    return this.#attempt('release a savepoint', null, async () => {
      this.#pending.push(...sql.savepoint('keep', level))
      this.#level = level - 1
      if (this.#commitLevel !== null) this.#commitLevel = Math.min(this.#commitLevel, this.#level)
    })
  }

  async commit(commitId: string | null, deals: readonly string[]): Promise<void> {
    if (this.#isOver) throw new TransactionClosedError()
    this.#isOver = true
    const tried = this.#saving.length > 0 || this.#round !== null ? 'save and commit' : 'commit'
    const attempt = { location: this.#connections.location, tried, app: null }
    let tag: string | undefined
    try {
      if (this.#round !== null) tag = (await this.#round.close([sql.bounds.commit])).at(-1)?.tag
      else if (this.#saving.length > 0) tag = (await this.#run([...this.#saving, sql.bounds.commit])).at(-1)?.tag
      else tag = (await this.#send([sql.bounds.commit])).at(-1)?.tag
    } catch (error) {
      await this.#resolve(commitId, deals, toFault(error, attempt))
      return
    }
    this.#connections.give(this.#connection)
    // A COMMIT after a statement that failed is answered by ROLLBACK, without an error.
    if (tag === 'COMMIT') return
    const message = `${attempt.location} failed to commit: a statement had failed and was not rolled back to a savepoint; nothing was written`
    throw new DatabaseError(message, { tried, tag })
  }

  async rollback(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#round?.close([]).catch(() => undefined)
    if (this.#isBegun) await this.#connection.run([sql.bounds.rollback]).catch(() => undefined)
    this.#connections.give(this.#connection)
  }

  /** Saves in the round of COMMIT, which is either open already or still to come. */
  #saveLater(calls: readonly Call[]): void {
    const { openRound } = this.#options
    if (openRound === undefined) this.#saving.push(...calls)
    else if (this.#round !== null) this.#round.add(calls)
    else this.#round = openRound([...this.#takePending(), ...calls])
  }

  /** Answers for a COMMIT that failed, and gives the connection back. */
  async #resolve(commitId: string | null, deals: readonly string[], fault: StockpileError): Promise<void> {
    const { wasSent } = this.#connection
    // A server that still answers on this connection has rolled back: the error was a refusal, or came before COMMIT's turn.
    const isRefused = await this.#connection.run([sql.bounds.rollback]).then(
      () => true,
      () => false,
    )
    this.#connections.give(this.#connection)
    if (isRefused) throw fault
    if (wasSent && commitId !== null) {
      const outcome = await findOutcome(this.#connections, commitId, this.#options.outcomeWaitMs)
      if (outcome === 'committed') return
      if (outcome === undefined) throw new OutcomeUnknownError(deals, { cause: fault })
    }
    throw new ConnectionLostError(`${fault.message}; nothing was written`, fault.data, { cause: fault.cause })
  }

  /** Of the accounts that were not locked, those that exist: somebody else has them. */
  async #findSkipped({ apps }: Names, locked: readonly AccountRow[]): Promise<AccountName[]> {
    if (locked.length === apps.reduce((sum, { users }) => sum + users.length, 0)) return []
    const have = new Set(locked.map(({ app, user }) => `${app} ${user}`))
    const missing = apps
      .map(({ app, users }) => ({ app, users: users.filter((user) => !have.has(`${app} ${user}`)) }))
      .filter(({ users }) => users.length > 0)
    const answers = await this.#run(missing.map(({ app, users }) => sql.findAccounts(app, users)))
    return missing.flatMap(({ app }) => takeRows(answers).map(([user]) => ({ app, user: user ?? '' })))
  }

  /** Runs statements in one round trip with all that is pending, under the settings that they need. */
  async #run(calls: readonly Call[]): Promise<Answer[]> {
    const lockWaitMs = this.#lockWaitMs
    if (lockWaitMs === this.#toldWaitMs || this.#options.isJoined === true) return this.#send(calls)
    const answers = await this.#send([sql.settings(lockWaitMs), ...calls])
    this.#toldWaitMs = lockWaitMs
    return answers.slice(1)
  }

  #takePending(): Call[] {
    const pending = this.#pending
    this.#pending = []
    this.#isBegun = true
    return pending
  }

  async #send(calls: readonly Call[]): Promise<Answer[]> {
    const pending = this.#takePending()
    const answers = await this.#connection.run([...pending, ...calls])
    return answers.slice(pending.length)
  }

  async #attempt<T>(tried: string, app: string | null, work: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw new TransactionClosedError()
    try {
      return await work()
    } catch (error) {
      throw toFault(error, { location: this.#connections.location, tried, app })
    }
  }
}

/** The rows of the first answer, which is taken off the list; none if there is none. */
function takeRows(answers: Answer[]): Answer['rows'] {
  return answers.shift()?.rows ?? []
}

/** What reads the serials that a batch names in one app. */
function serialCalls({ app, holdings, serials }: Names['apps'][number]): { app: string; statement: Call }[] {
  const whole = holdings.filter(({ hasSerials }) => hasSerials)
  return [
    ...(whole.length === 0 ? [] : [{ app, statement: readSerials(app, whole) }]),
    ...(serials.length === 0 ? [] : [{ app, statement: findSerials(app, serials) }]),
  ]
}

function serialEntry(app: string, columns: Answer['rows'][number]): [string, SerialRow] {
  const row = toSerialRow(app, columns)
  return [`${app} ${row.serial}`, row]
}

/**
 * What is to be written in one app, in an order that every writer keeps: new accounts first, which are all that somebody else may be
 * inserting too; the rest belongs to accounts that are locked.
 */
function saveCalls(writes: AppWrites): Call[] {
  const {
    app,
    accountsNew,
    accountsChanged,
    holdingsGone,
    holdingsChanged,
    holdingsNew,
    serialsGone,
    serialsChanged,
    serialsNew,
    history,
  } = writes
  const calls: Call[] = []
  if (accountsNew.length > 0) calls.push(sql.insertAccounts(app, accountsNew))
  if (accountsChanged.length > 0) calls.push(sql.updateAccounts(app, accountsChanged))
  if (holdingsGone.length > 0) calls.push(sql.deleteHoldings(app, holdingsGone))
  if (holdingsChanged.length > 0) calls.push(sql.updateHoldings(app, holdingsChanged))
  if (holdingsNew.length > 0) calls.push(sql.insertHoldings(app, holdingsNew))
  // A serial that moves is deleted there before it is inserted here.
  if (serialsGone.length > 0) calls.push(deleteSerials(app, serialsGone))
  if (serialsChanged.length > 0) calls.push(updateSerials(app, serialsChanged))
  if (serialsNew.length > 0) calls.push(insertSerials(app, serialsNew))
  if (history.length > 0) calls.push(sql.insertHistory(app, history))
  return calls
}
