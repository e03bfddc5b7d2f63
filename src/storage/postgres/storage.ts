import { settleAlone } from '../../ledger/batch.ts'
import type { Mode } from '../places.ts'
import { borrow } from '../borrow.ts'
import { tryAnew } from '../try-anew.ts'
import type { BulkSession, WholeAnswer } from '../cached-contract.ts'
import type {
  AccountName,
  BatchAnswer,
  BatchRequest,
  EntryQuery,
  Executor,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  JoinedSession,
  SchemaSession,
  Session,
  Snapshot,
  Storage,
} from '../contract.ts'
import type { Announcing } from '../cached-contract.ts'
import { fetchSchemaVersions, PostgresSchemaSession } from './alter.ts'
import { PostgresBulkSession } from './bulk.ts'
import { readCacheNote, replaceCacheNote } from './cached-statements.ts'
import { takeChanges } from './changes.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isLost, isTableMissing, toFault } from './faults.ts'
import { fetchHoldings } from './fetch.ts'
import { identityAt, joinTransaction } from './joined.ts'
import { readEntries } from './read-statements.ts'
import type { Answer } from './round.ts'
import { toHistoryRow } from './rows.ts'
import { appSteps, sharedSteps } from './schema.ts'
import { PostgresSession, type SessionOptions } from './session.ts'
import { raiseMeta, sweepCommits, sweepReceipts } from './shared-statements.ts'
import { PostgresSnapshot } from './snapshot.ts'
import type { Call } from './statement.ts'
import { settings } from './statements.ts'
import { fetchWhole } from './whole.ts'

/** One database of a PostgreSQL server. */
export class PostgresStorage implements Storage {
  readonly dialect = 'postgres'
  readonly location: string
  readonly tables = 'migrate'
  readonly isSingleWriter = false
  readonly migrations = { shared: sharedSteps, app: appSteps }
  readonly #connections: Connections
  readonly #options: Omit<SessionOptions, 'isBatch'>
  #identity: string | null = null

  /** @param connections closed with the storage */
  constructor(connections: Connections, options: Omit<SessionOptions, 'isBatch'>) {
    this.location = connections.location
    this.#connections = connections
    this.#options = options
  }

  settle(request: BatchRequest, announcing: Announcing | null = null): Promise<BatchAnswer> {
    const mode = request.wait === 'skip' ? 'batch' : 'transaction'
    return settleAlone(() => this.#beginBatch(mode, announcing), request, announcing)
  }

  begin(): Promise<Session> {
    return this.#begin('transaction')
  }

  async join(executor: Executor): Promise<JoinedSession> {
    this.#identity ??= await this.#borrow('read the identity of the database', null, identityAt)
    return joinTransaction(executor, this.#connections, this.#options, this.#identity)
  }

  snapshot(): Promise<Snapshot> {
    return tryAnew(this.#connections, 'reads', (connection) =>
      PostgresSnapshot.open(this.#connections, connection, this.#options.lockWaitMs),
    )
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#borrow('read holdings', queries[0]?.app ?? null, (connection) =>
      fetchHoldings(queries, (calls) => this.#run(connection, calls)),
    )
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#borrow('read history', query.app, async (connection) => {
      const [answer] = await this.#run(connection, [readEntries(query)])
      return (answer?.rows ?? []).map((row) => toHistoryRow(query.app, row))
    })
  }

  alter(): Promise<SchemaSession> {
    return tryAnew(this.#connections, 'reads', (connection) =>
      PostgresSchemaSession.open(this.#connections, connection),
    )
  }

  schemaVersions(): Promise<ReadonlyMap<string, number>> {
    return this.#borrow('read the schema versions', null, fetchSchemaVersions)
  }

  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    return this.#borrow('reserve numbers', null, async (connection) => {
      const [answer] = await this.#run(connection, [raiseMeta(name, atLeast, count)])
      return BigInt(answer?.rows[0]?.[0] ?? 0) - count
    })
  }

  sweep(request: { receiptsBefore: number; commitsBefore: number; rowsMax: number }): Promise<number> {
    const { receiptsBefore, commitsBefore, rowsMax } = request
    return this.#borrow('sweep old receipts', null, async (connection) => {
      try {
        const calls = [sweepReceipts(receiptsBefore, rowsMax), sweepCommits(commitsBefore, rowsMax)]
        const answers = await this.#run(connection, calls)
        return answers.reduce((sum, { tag }) => sum + Number(tag.replace('DELETE ', '')), 0)
      } catch (error) {
        // Before the first migration there is nothing to sweep.
        if (isTableMissing(error)) return 0
        throw error
      }
    })
  }

  fetchWhole(accounts: readonly AccountName[]): Promise<WholeAnswer[]> {
    return this.#borrow('read whole accounts', accounts[0]?.app ?? null, (connection) =>
      fetchWhole(connection, accounts, this.#options.lockWaitMs),
    )
  }

  bulk(app: string): Promise<BulkSession> {
    return tryAnew(this.#connections, 'transaction', (connection) =>
      PostgresBulkSession.open(this.#connections, connection, this.#options, app),
    )
  }

  async takeChanges(accountsMax: number, work: (accounts: readonly AccountName[]) => Promise<void>): Promise<number> {
    const taken = await this.#borrow('take changes', null, (connection) =>
      takeChanges(connection, this.#options.lockWaitMs, accountsMax, work),
    )
    if ('error' in taken) throw taken.error
    return taken.count
  }

  listen(wake: () => void): Promise<() => Promise<void>> {
    return this.#connections.listen(wake)
  }

  cacheNote(): Promise<string | null> {
    return this.#borrow('read the note about the cache', null, async (connection) => {
      try {
        const [answer] = await this.#run(connection, [readCacheNote])
        return answer?.rows[0]?.[0] ?? null
      } catch (error) {
        // Before the first migration there is no note.
        if (isTableMissing(error)) return null
        throw error
      }
    })
  }

  noteCache(expected: string | null, note: string | null): Promise<string | null> {
    return this.#borrow('note the cache', null, async (connection) => {
      const answers = await this.#run(connection, [replaceCacheNote(expected, note), readCacheNote])
      return answers[1]?.rows[0]?.[0] ?? null
    })
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  async #begin(mode: Mode): Promise<PostgresSession> {
    const connection = await this.#connections.take(mode)
    return new PostgresSession(this.#connections, connection, { ...this.#options, isBatch: false })
  }

  /** What is saved travels with COMMIT, or ahead of it where something is to be waited for in between. */
  async #beginBatch(mode: Mode, announcing: Announcing | null): Promise<PostgresSession> {
    const connection = await this.#connections.take(mode)
    const openRound: Connection['open'] = (calls) => connection.open(calls)
    const isAhead = announcing !== null && !announcing.isAtOnce
    const options = { ...this.#options, isBatch: true, ...(isAhead && { openRound }) }
    return new PostgresSession(this.#connections, connection, options)
  }

  /** Runs statements in one round trip, which is a transaction of its own. */
  async #run(connection: Connection, calls: readonly Call[]): Promise<Answer[]> {
    const answers = await connection.run([settings(this.#options.lockWaitMs), ...calls])
    return answers.slice(1)
  }

  /** Does work that may be done twice: a connection may have been lost while it was idle, and then it is done with another. */
  async #borrow<T>(tried: string, app: string | null, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await borrow(this.#connections, 'reads', isLost, work)
    } catch (error) {
      throw toFault(error, { location: this.location, tried, app })
    }
  }
}
