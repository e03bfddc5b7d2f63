import { parentPort, workerData } from 'node:worker_threads'
import { settleAlone } from '../../ledger/batch.ts'
import type {
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  SchemaSession,
  Session,
  Snapshot,
} from '../contract.ts'
import { schemaVersions, SqliteSchemaSession } from './alter.ts'
import { packAnswer, unpackBatch, type AnswerMessage, type BatchMessage } from './batch-message.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { packFault, toFault, type FaultMessage } from './faults.ts'
import { attempt, fetchEntries, fetchOne, SqliteSession } from './session.ts'
import { SqliteSnapshot } from './snapshot.ts'
import { sharedStatements } from './statements.ts'

/** What the main thread asks: a method of `Desk`, or of a session that it opened. */
export interface Question {
  readonly id: number
  /** The session's number, or null for the desk. */
  readonly session: number | null
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** What the worker answers. */
export type Answer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly fault: FaultMessage }

/** The work of one thread: everything that touches the file, so that the application's own thread never waits for the disk. */
class Desk {
  readonly #options: ConnectionOptions
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  readonly #sessions = new Map<number, Session | Snapshot | SchemaSession>()
  #sessionsMade = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  async settle(message: BatchMessage): Promise<AnswerMessage> {
    const connection = await this.#open()
    return packAnswer(await settleAlone(() => this.#begin(connection), unpackBatch(message), null))
  }

  async begin(): Promise<number> {
    return this.#keep(await this.#begin(await this.#open()))
  }

  async snapshot(): Promise<number> {
    const connection = await Connection.open(this.#options)
    return this.#keep(await attempt('open a snapshot', () => new SqliteSnapshot(connection)))
  }

  async alter(): Promise<number> {
    const connection = await this.#open()
    connection.beginWrite()
    return this.#keep(new SqliteSchemaSession(connection))
  }

  async fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    const connection = await this.#open()
    return attempt('read holdings', () =>
      atOneMoment(connection, () => queries.map((query) => fetchOne(connection, query))),
    )
  }

  async entries(query: EntryQuery): Promise<HistoryRow[]> {
    const connection = await this.#open()
    return attempt('read history', () => fetchEntries(connection, query))
  }

  async schemaVersions(): Promise<ReadonlyMap<string, number>> {
    const connection = await this.#open()
    return attempt('read the schema versions', () => schemaVersions(connection))
  }

  async isCommitted(id: string): Promise<boolean> {
    const connection = await this.#open()
    return attempt('look up a commit', () => connection.get(sharedStatements.commit, id) !== undefined)
  }

  async sweep({
    receiptsBefore,
    commitsBefore,
    rowsMax,
  }: {
    receiptsBefore: number
    commitsBefore: number
    rowsMax: number
  }): Promise<number> {
    const connection = await this.#open()
    connection.beginWrite()
    return attempt('sweep', () => {
      try {
        const count =
          connection.run(sharedStatements.sweepReceipts, receiptsBefore, rowsMax) +
          connection.run(sharedStatements.sweepCommits, commitsBefore, rowsMax)
        connection.commit()
        return count
      } finally {
        connection.rollback()
      }
    })
  }

  async reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    const connection = await this.#open()
    connection.beginWrite()
    return attempt('reserve numbers', () => {
      try {
        const row = connection.get<{ value: string }>(sharedStatements.reserve, name, atLeast, count, atLeast, count)
        connection.execute('COMMIT')
        return BigInt(row?.value ?? 0) - count
      } finally {
        connection.rollback()
      }
    })
  }

  async close(): Promise<void> {
    this.#connection?.close()
    this.#connection = null
  }

  /** Calls a method of a session; one that ends it also forgets it. */
  async ofSession(number: number, method: string, parameters: readonly unknown[]): Promise<unknown> {
    const session = this.#sessions.get(number)
    if (method === 'commit' || method === 'rollback' || method === 'end') this.#sessions.delete(number)
    return call(session, method, parameters)
  }

  async #open(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection
    this.#opening ??= Connection.open(this.#options).finally(() => {
      this.#opening = null
    })
    return (this.#connection = await this.#opening)
  }

  #begin(connection: Connection): Promise<SqliteSession> {
    return attempt('begin', () => {
      connection.beginWrite()
      return new SqliteSession(connection)
    })
  }

  #keep(session: Session | Snapshot | SchemaSession): number {
    const number = ++this.#sessionsMade
    this.#sessions.set(number, session)
    return number
  }
}

function atOneMoment<T>(connection: Connection, work: () => T): T {
  connection.execute('BEGIN')
  try {
    return work()
  } finally {
    connection.rollback()
  }
}

function call(target: unknown, method: string, parameters: readonly unknown[]): unknown {
  const found = (target as Record<string, unknown> | undefined)?.[method]
  if (typeof found !== 'function') throw new TypeError(`the worker has no ${method}`)
  return found.apply(target, parameters)
}

if (parentPort !== null) {
  const port = parentPort
  const desk = new Desk(workerData as ConnectionOptions)
  const answer = async ({ id, session, method, parameters }: Question): Promise<Answer> => {
    try {
      return {
        id,
        value: await (session === null ? call(desk, method, parameters) : desk.ofSession(session, method, parameters)),
      }
    } catch (error) {
      return { id, fault: packFault(toFault(error, method)) }
    }
  }
  port.on('message', (question: Question) => {
    void answer(question).then((message) => {
      port.postMessage(message)
    })
  })
}
