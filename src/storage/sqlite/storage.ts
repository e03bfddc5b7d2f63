import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClosedError, ConnectionLostError, OutcomeUnknownError } from '../../errors.ts'
import type {
  BatchAnswer,
  BatchRequest,
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  SchemaSession,
  Session,
  Snapshot,
  Storage,
} from '../contract.ts'
import { Turn } from '../../ledger/turn.ts'
import { packBatch, unpackAnswer, type AnswerMessage } from './batch-message.ts'
import type { ConnectionOptions } from './connection.ts'
import { appSteps, sharedSteps } from './schema.ts'
import { Thread } from './thread.ts'

/** One SQLite file, worked on by two threads: one writes, the other reads what is committed. */
export class SqliteStorage implements Storage {
  readonly dialect = 'sqlite'
  readonly location: string
  readonly tables = 'auto'
  readonly isSingleWriter = true
  readonly migrations = { shared: sharedSteps, app: appSteps }
  readonly #writer: Thread
  readonly #reader: Thread
  readonly #turn = new Turn()
  readonly #folder: string | null
  #isClosed = false

  /** @param options as for a connection; the path `:memory:` stands for a temporary file that goes at the end */
  constructor(options: ConnectionOptions) {
    this.location = `sqlite:${options.path}`
    this.#folder = options.path === ':memory:' ? mkdtempSync(join(tmpdir(), 'stockpile-')) : null
    const connection: ConnectionOptions =
      this.#folder === null ? options : { ...options, path: join(this.#folder, 'memory.db'), synchronous: 'off' }
    this.#writer = new Thread(connection)
    this.#reader = new Thread(connection)
  }

  settle(request: BatchRequest): Promise<BatchAnswer> {
    return this.#turn.run(async () => {
      try {
        const answer = await this.#write<AnswerMessage>('settle', packBatch(request))
        return unpackAnswer(answer, request.deals)
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error
        return this.#resolved(request, error)
      }
    })
  }

  async begin(): Promise<Session> {
    const endTurn = await this.#turn.take()
    try {
      const number = await this.#write<number>('begin')
      return remoteSession(this.#writer, number, endTurn)
    } catch (error) {
      endTurn()
      throw error
    }
  }

  async snapshot(): Promise<Snapshot> {
    const number = await this.#read<number>('snapshot')
    return remote<Snapshot>(
      this.#reader,
      number,
      ['accountCount', 'accounts', 'holdings', 'history', 'end'],
      () => undefined,
    )
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#read('fetch', queries)
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#read('entries', query)
  }

  async alter(): Promise<SchemaSession> {
    const endTurn = await this.#turn.take()
    try {
      const number = await this.#write<number>('alter')
      return remote<SchemaSession>(this.#writer, number, ['versions', 'apply', 'note', 'end'], endTurn)
    } catch (error) {
      endTurn()
      throw error
    }
  }

  schemaVersions(): Promise<ReadonlyMap<string, number>> {
    return this.#read('schemaVersions')
  }

  sweep(request: { receiptsBefore: number; commitsBefore: number; rowsMax: number }): Promise<number> {
    return this.#turn.run(() => this.#write('sweep', request))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#reader.end()
    // After whoever writes now, and before nobody: the last connection to close moves the log into the file.
    await this.#turn.run(() => this.#writer.end())
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The thread was lost with the batch in its hands. It can commit no more, so the commit row tells what it had done. */
  async #resolved(request: BatchRequest, error: ConnectionLostError): Promise<BatchAnswer> {
    const isCommitted = await this.#read<boolean>('isCommitted', request.id).catch(() => true)
    if (!isCommitted) throw error
    throw new OutcomeUnknownError(
      request.deals.map((deal) => deal.id),
      { cause: error },
    )
  }

  #write<T>(method: string, ...parameters: unknown[]): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ClosedError())
    return this.#writer.call(method, parameters)
  }

  #read<T>(method: string, ...parameters: unknown[]): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ClosedError())
    return this.#reader.call(method, parameters)
  }
}

const sessionMethods = [
  'load',
  'save',
  'fetch',
  'entries',
  'savepoint',
  'restore',
  'release',
  'commit',
  'rollback',
] as const

function remoteSession(thread: Thread, number: number, atEnd: () => void): Session {
  return remote<Session>(thread, number, sessionMethods, atEnd)
}

/** An object whose methods are answered by session `number` in the thread; the ones that end it call `atEnd`. */
function remote<Target>(
  thread: Thread,
  number: number,
  methods: readonly (keyof Target & string)[],
  atEnd: () => void,
): Target {
  const ends: ReadonlySet<string> = new Set(['commit', 'rollback', 'end'])
  const entries = methods.map((method) => [
    method,
    async (...parameters: unknown[]): Promise<unknown> => {
      try {
        return await thread.call(method, parameters, number)
      } finally {
        if (ends.has(method)) atEnd()
      }
    },
  ])
  return Object.fromEntries(entries) as Target
}
