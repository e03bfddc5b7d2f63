import { parentPort, workerData } from 'node:worker_threads'
import { settleAlone, settleIn } from '../../ledger/batch.ts'
import { Turn } from '../../ledger/turn.ts'
import type {
  AccountName,
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  SchemaSession,
  Session,
  Snapshot,
  Writes,
} from '../contract.ts'
import type { Announcing, BulkSession } from '../cached-contract.ts'
import { schemaVersions, SqliteSchemaSession } from './alter.ts'
import type { HeldAnswer } from './announced-batch.ts'
import { packAnswer, unpackBatch, type AnswerMessage, type BatchMessage } from './batch-message.ts'
import { SqliteBulkSession } from './bulk.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { packFault, toFault, type FaultMessage } from './faults.ts'
import { attempt, fetchEntries, fetchOne, SqliteSession } from './session.ts'
import { SqliteSnapshot } from './snapshot.ts'
import { sharedStatements } from './statements.ts'
import { awaitVerdict, type VerdictCell } from './verdict.ts'
import { readWhole, type Whole } from './whole.ts'
import { packWrites, type WritesMessage } from './writes-message.ts'

// The answer of a cache takes less than what is saved meanwhile, as a rule. Nobody else can ask this thread for anything as long as it waits.
const verdictWaitMs = 20

/** What a worker is started with. */
export interface WorkerData {
  readonly options: ConnectionOptions
  readonly verdicts: VerdictCell
}

/** What the main thread asks: a method of `Desk`, or of a session that it opened. */
export interface Question {
  readonly id: number
  /** The session's number, or null for the desk. */
  readonly session: number | null
  /** Whether this is the first that the session hears of: its transaction is begun before. */
  readonly isFirst: boolean
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** What the worker answers, after what it tells on the way. */
export type Answer =
  | { readonly id: number; readonly told: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: FaultMessage }

/** The work of one thread: everything that touches the file, so that the application's own thread never waits for the disk. */
class Desk {
  readonly #options: ConnectionOptions
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  readonly #turn = new Turn()
  readonly #sessions = new Map<number, Session | Snapshot | SchemaSession | BulkSession>()
  readonly #verdicts: VerdictCell
  /** Lets the batches in that wait for the one that is held. */
  #endHold: () => void = () => undefined
  /** Those who want to know whether the file is free, as soon as the transaction of this thread is over. */
  #probing: (() => void)[] = []

  constructor({ options, verdicts }: WorkerData) {
    this.#options = options
    this.#verdicts = verdicts
  }

  async settle(message: BatchMessage): Promise<AnswerMessage> {
    const connection = await this.#open()
    // The one that was asked for meanwhile waits here.
    return this.#turn.run(async () =>
      packAnswer(await settleAlone(() => this.#begin(connection), unpackBatch(message), null)),
    )
  }

  /**
   * Settles a batch and saves it. It is committed if the verdict on that comes soon, and is yes; otherwise session `number` is to commit it, and
   * further batches wait for that.
   *
   * @param note the note about the cache that must be there
   * @param tell gets what is written before it is saved
   */
  async hold(
    number: number,
    message: BatchMessage,
    note: string,
    tell: (writes: WritesMessage) => void,
  ): Promise<HeldAnswer> {
    const connection = await this.#open()
    const endTurn = await this.#turn.take()
    let state: HeldAnswer['state'] = 'over'
    try {
      const request = unpackBatch(message)
      const session = await this.#begin(connection)
      try {
        const commit = { id: request.id, time: request.now }
        const announcing = new Teller(note, tell)
        const answer = await settleIn(session, request, commit, { announcing, isLast: false })
        if (!answer.isSaved) await session.rollback()
        else if (awaitVerdict(this.#verdicts, number, verdictWaitMs) === true) {
          await session.commit(request.id)
          state = 'committed'
        } else {
          this.#sessions.set(number, session)
          this.#endHold = endTurn
          state = 'open'
        }
        return { answer: packAnswer(answer), state }
      } catch (error) {
        await session.rollback()
        throw error
      }
    } finally {
      if (state !== 'open') endTurn()
    }
  }

  async snapshot(number: number): Promise<void> {
    const connection = await Connection.open(this.#options)
    this.#sessions.set(number, await attempt('open a snapshot', () => new SqliteSnapshot(connection)))
  }

  async alter(number: number): Promise<void> {
    const connection = await this.#open()
    connection.beginWrite()
    this.#sessions.set(number, new SqliteSchemaSession(connection))
  }

  async bulk(
    number: number,
    request: { app: string; location: string; commitId: string; now: number },
  ): Promise<bigint> {
    const connection = await this.#open()
    connection.beginWrite()
    try {
      const session = new SqliteBulkSession(connection, request)
      this.#sessions.set(number, session)
      return session.generation
    } catch (error) {
      connection.rollback()
      throw error
    }
  }

  /** Whether nobody writes to the file; asked again when a transaction of this thread is over, and at once otherwise. */
  async isFree(): Promise<boolean> {
    const connection = await this.#open()
    if (connection.isInTransaction) {
      await new Promise<void>((resolve) => {
        this.#probing.push(resolve)
      })
    }
    return attempt('see whether the file is free', () => connection.isFree())
  }

  async whole(accounts: readonly AccountName[]): Promise<Whole[]> {
    const connection = await this.#open()
    return attempt('read accounts', () => atOneMoment(connection, () => readWhole(connection, accounts)))
  }

  async changes(accountsMax: number): Promise<{ id: bigint; app: string; user_id: string }[]> {
    const connection = await this.#open()
    return attempt('read changes', () => {
      if (connection.get(sharedStatements.hasChanges) === undefined) return []
      return connection.all(sharedStatements.changes, accountsMax)
    })
  }

  deleteChanges(ids: readonly bigint[]): Promise<void> {
    return this.#writing('delete changes', (connection) => {
      for (const id of ids) connection.run(sharedStatements.deleteChange, id)
    })
  }

  async cacheNote(): Promise<string | null> {
    const connection = await this.#open()
    return attempt('read the note about the cache', () => {
      if (connection.get(sharedStatements.hasMeta) === undefined) return null
      return cacheNoteOf(connection)
    })
  }

  noteCache(expected: string | null, note: string | null): Promise<string | null> {
    return this.#writing('note the cache', (connection) => {
      connection.execute(sharedStatements.makeMeta)
      const found = cacheNoteOf(connection)
      if (found !== expected) return found
      if (note === null) connection.run(sharedStatements.deleteMeta, 'cache')
      else connection.run(sharedStatements.setMeta, 'cache', note)
      return note
    })
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

  sweep({
    receiptsBefore,
    commitsBefore,
    rowsMax,
  }: {
    receiptsBefore: number
    commitsBefore: number
    rowsMax: number
  }): Promise<number> {
    return this.#writing(
      'sweep',
      (connection) =>
        connection.run(sharedStatements.sweepReceipts, receiptsBefore, rowsMax) +
        connection.run(sharedStatements.sweepCommits, commitsBefore, rowsMax),
    )
  }

  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    return this.#writing('reserve numbers', (connection) => {
      const row = connection.get<{ value: string }>(sharedStatements.reserve, name, atLeast, count, atLeast, count)
      return BigInt(row?.value ?? 0) - count
    })
  }

  async close(): Promise<void> {
    this.#connection?.close()
    this.#connection = null
  }

  /** Begins a transaction, and calls its first method. */
  async first(number: number, method: string, parameters: readonly unknown[]): Promise<unknown> {
    this.#sessions.set(number, await this.#begin(await this.#open()))
    return this.ofSession(number, method, parameters)
  }

  /** Calls a method of a session; one that ends it also forgets it. */
  async ofSession(number: number, method: string, parameters: readonly unknown[]): Promise<unknown> {
    const session = this.#sessions.get(number)
    if (method !== 'commit' && method !== 'rollback' && method !== 'end') return call(session, method, parameters)
    this.#sessions.delete(number)
    try {
      return await call(session, method, parameters)
    } finally {
      this.#endHold()
      for (const resolve of this.#probing.splice(0)) resolve()
    }
  }

  /** Does something in a write transaction of its own. */
  async #writing<T>(tried: string, work: (connection: Connection) => T): Promise<T> {
    const connection = await this.#open()
    connection.beginWrite()
    return attempt(tried, () => {
      try {
        const answer = work(connection)
        connection.commit()
        return answer
      } finally {
        connection.rollback()
      }
    })
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
}

/** Tells the main thread what is written; that announces it. */
class Teller implements Announcing {
  readonly isAtOnce = false
  readonly mark = 0
  readonly note: string
  readonly #tell: (writes: WritesMessage) => void

  constructor(note: string, tell: (writes: WritesMessage) => void) {
    this.note = note
    this.#tell = tell
  }

  add(writes: Writes): void {
    this.#tell(packWrites(writes))
  }

  restore(): void {}

  async announce(): Promise<[]> {
    return []
  }

  committed(): void {}

  withdraw(): void {}
}

function atOneMoment<T>(connection: Connection, work: () => T): T {
  connection.execute('BEGIN')
  try {
    return work()
  } finally {
    connection.rollback()
  }
}

function cacheNoteOf(connection: Connection): string | null {
  return connection.get<{ value: string }>(sharedStatements.cacheNote)?.value ?? null
}

function call(target: unknown, method: string, parameters: readonly unknown[]): unknown {
  const found = (target as Record<string, unknown> | undefined)?.[method]
  if (typeof found !== 'function') throw new TypeError(`the worker has no ${method}`)
  return found.apply(target, parameters)
}

if (parentPort !== null) {
  const port = parentPort
  const desk = new Desk(workerData as WorkerData)
  const answer = async ({ id, session, isFirst, method, parameters }: Question): Promise<Answer> => {
    try {
      const tell = (told: unknown): void => {
        port.postMessage({ id, told })
      }
      if (session === null) return { id, value: await call(desk, method, [...parameters, tell]) }
      const value = isFirst ? desk.first(session, method, parameters) : desk.ofSession(session, method, parameters)
      return { id, value: await value }
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
