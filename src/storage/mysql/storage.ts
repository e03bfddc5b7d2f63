import { settleAlone } from '../../ledger/batch.ts'
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
import { borrow } from '../borrow.ts'
import { tryAnew } from '../try-anew.ts'
import { MysqlSchemaSession, readSchemaVersions } from './alter.ts'
import { MysqlBulkSession } from './bulk.ts'
import { cacheNote, noteCache, takeChanges } from './changes.ts'
import type { Connection, Mode } from './connection.ts'
import type { Connections } from './connections.ts'
import { isLost, isTableMissing, toFault } from './faults.ts'
import { identityAt, joinTransaction } from './joined.ts'
import { appSteps, sharedSteps } from './schema.ts'
import { fetchHoldings } from './fetch.ts'
import { fetchEntries, MysqlSession, type SessionOptions } from './session.ts'
import { MysqlSnapshot } from './snapshot.ts'
import { raiseMeta, readMeta, sweepOlder } from './statements.ts'
import { fetchWhole } from './whole.ts'

/** One database of a MariaDB or MySQL server. */
export class MysqlStorage implements Storage {
  readonly dialect = 'mysql'
  readonly location: string
  readonly tables: 'auto' | 'migrate'
  readonly isSingleWriter = false
  readonly migrations = { shared: sharedSteps, app: appSteps }
  readonly #connections: Connections
  readonly #outcomeWaitMs: number
  #identity: string | null = null

  /**
   * @param connections closed with the storage
   * @param options `outcomeWaitMs`: how long to try to find out what became of a COMMIT that got no answer
   */
  constructor(connections: Connections, options: { readonly outcomeWaitMs: number }) {
    this.location = connections.location
    this.tables = 'migrate'
    this.#connections = connections
    this.#outcomeWaitMs = options.outcomeWaitMs
  }

  settle(request: BatchRequest, announcing: Announcing | null = null): Promise<BatchAnswer> {
    const mode = request.wait === 'skip' ? 'batch' : 'transaction'
    // What is saved may travel with COMMIT, unless something is to be waited for in between.
    const batch = announcing === null || announcing.isAtOnce ? { id: request.id, time: request.now } : null
    return settleAlone(() => this.#begin(mode, batch), request, announcing)
  }

  begin(): Promise<Session> {
    return this.#begin('transaction', null)
  }

  async join(executor: Executor): Promise<JoinedSession> {
    this.#identity ??= await this.#read('read the identity of the database', null, identityAt)
    return joinTransaction(executor, this.#connections, this.#outcomeWaitMs, this.#identity)
  }

  snapshot(): Promise<Snapshot> {
    return tryAnew(this.#connections, 'reads', (connection) => MysqlSnapshot.open(this.#connections, connection))
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#read('read holdings', queries[0]?.app ?? null, (connection) => fetchHoldings(connection, queries))
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#read('read history', query.app, (connection) => fetchEntries(connection, query))
  }

  alter(): Promise<SchemaSession> {
    return tryAnew(this.#connections, 'reads', (connection) => MysqlSchemaSession.open(this.#connections, connection))
  }

  schemaVersions(): Promise<ReadonlyMap<string, number>> {
    return this.#read('read the schema versions', null, readSchemaVersions)
  }

  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    const work = async (connection: Connection): Promise<bigint> => {
      try {
        await connection.run(raiseMeta(name, atLeast, count))
        const [row] = await connection.rows<readonly [string]>(readMeta(name))
        await connection.run('COMMIT')
        return BigInt(row?.[0] ?? 0) - count
      } catch (error) {
        // Numbers that were taken and got no answer are lost, which does no harm.
        await connection.run('ROLLBACK').catch(() => connection.destroy())
        throw error
      }
    }
    // Not as a transaction, for one that waits for the numbers may have the last connection that there is for those.
    return this.#borrow('batch', 'reserve numbers', null, work)
  }

  sweep(request: { receiptsBefore: number; commitsBefore: number; rowsMax: number }): Promise<number> {
    const { receiptsBefore, commitsBefore, rowsMax } = request
    return this.#read('sweep old receipts', null, async (connection) => {
      try {
        const receipts = await connection.run(sweepOlder('stockpile_receipt', receiptsBefore, rowsMax))
        return receipts + (await connection.run(sweepOlder('stockpile_commit', commitsBefore, rowsMax)))
      } catch (error) {
        // Before the first migration there is nothing to sweep.
        if (isTableMissing(error)) return 0
        throw error
      }
    })
  }

  fetchWhole(accounts: readonly AccountName[]): Promise<WholeAnswer[]> {
    return this.#read('read accounts', accounts[0]?.app ?? null, (connection) =>
      fetchWhole(connection, accounts, this.#connections.shareLock),
    )
  }

  bulk(app: string): Promise<BulkSession> {
    return tryAnew(this.#connections, 'transaction', (connection) =>
      MysqlBulkSession.open(this.#connections, connection, app, this.#outcomeWaitMs),
    )
  }

  async takeChanges(accountsMax: number, work: (accounts: readonly AccountName[]) => Promise<void>): Promise<number> {
    // Not as a transaction, for those may be waiting for it.
    const taken = await this.#borrow('batch', 'take changes off the list', null, (connection) =>
      takeChanges(connection, accountsMax, work),
    )
    if ('error' in taken) throw taken.error
    return taken.count
  }

  /** Nothing in these servers can wake a client. */
  async listen(): Promise<null> {
    return null
  }

  cacheNote(): Promise<string | null> {
    return this.#read('read the note about the cache', null, async (connection) => {
      try {
        return await cacheNote(connection)
      } catch (error) {
        // Before the first migration there is no note.
        if (isTableMissing(error)) return null
        throw error
      }
    })
  }

  noteCache(expected: string | null, note: string | null): Promise<string | null> {
    return this.#borrow('batch', 'note which cache there is', null, (connection) =>
      noteCache(connection, expected, note),
    )
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  async #begin(mode: SessionOptions['mode'], batch: SessionOptions['batch']): Promise<Session> {
    const connection = await this.#connections.take(mode)
    const options = { mode, batch, outcomeWaitMs: this.#outcomeWaitMs }
    return new MysqlSession(this.#connections, connection, options)
  }

  /** Works with a connection whose statements are transactions of their own. */
  #read<T>(tried: string, app: string | null, work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#borrow('reads', tried, app, work)
  }

  /** Does work that may be done twice: a connection may have been lost while it was idle, and then it is done with another. */
  async #borrow<T>(
    mode: Mode,
    tried: string,
    app: string | null,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    try {
      return await borrow(this.#connections, mode, isLost, (connection) => {
        connection.enter(mode)
        return work(connection)
      })
    } catch (error) {
      throw toFault(error, { location: this.location, tried, app })
    }
  }
}
