import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ClosedError, ConnectionLostError, OutcomeUnknownError } from '../../errors.ts'
import type {
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
import { settleAlone } from '../../ledger/batch.ts'
import { Turn } from '../../ledger/turn.ts'
import { packBatch, unpackAnswer, type AnswerMessage } from './batch-message.ts'
import type { ConnectionOptions } from './connection.ts'
import { joinTransaction } from './joined.ts'
import { appSteps, sharedSteps } from './schema.ts'
import { Thread, type SessionPlace } from './thread.ts'

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
  readonly #path: string
  #isClosed = false

  /** @param options as for a connection; the path `:memory:` stands for a temporary file that goes at the end */
  constructor(options: ConnectionOptions) {
    this.location = `sqlite:${options.path}`
    this.#folder = options.path === ':memory:' ? mkdtempSync(join(tmpdir(), 'stockpile-')) : null
    const connection: ConnectionOptions =
      this.#folder === null
        ? { ...options, path: resolve(options.path) }
        : { ...options, path: join(this.#folder, 'memory.db'), synchronous: 'off' }
    this.#path = connection.path
    this.#writer = new Thread(connection)
    this.#reader = new Thread(connection)
  }

  settle(request: BatchRequest, announcing: Announcing | null = null): Promise<BatchAnswer> {
    // The cache is told of the writes from here, so that the thread can't settle all of it by itself.
    if (announcing !== null) return settleAlone(() => this.begin(), request, announcing)
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
      const session = remoteSession(this.#writer, number, endTurn)
      return {
        ...session,
        commit: (commitId, deals) => this.#commit(session, commitId, deals),
        // What is open in a thread that was lost is rolled back with it.
        rollback: () => session.rollback().catch(() => undefined),
      }
    } catch (error) {
      endTurn()
      throw error
    }
  }

  async join(executor: Executor): Promise<JoinedSession> {
    if (this.#isClosed) throw new ClosedError()
    return joinTransaction(executor, this.#path)
  }

  async snapshot(): Promise<Snapshot> {
    const number = await this.#read<number>('snapshot')
    const methods = ['accountCount', 'accounts', 'holdings', 'serials', 'history', 'end'] as const
    const snapshot = remote<Snapshot>(this.#reader, number, methods, () => undefined)
    return { ...snapshot, end: () => snapshot.end().catch(() => undefined) }
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

  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    return this.#turn.run(() => this.#write('reserve', name, atLeast, count))
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

  /** Commits; a thread that was lost before it answered may have done it. */
  async #commit(session: Session, commitId: string | null, deals: readonly string[]): Promise<void> {
    try {
      await session.commit(commitId, deals)
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || commitId === null) throw error
      const isCommitted = await this.#isCommitted(commitId)
      if (isCommitted === undefined) throw new OutcomeUnknownError(deals, { cause: error })
      if (!isCommitted) throw error
    }
  }

  /** The thread was lost with the batch in its hands: if it was committed, what became of each deal was lost with it. */
  async #resolved(request: BatchRequest, error: ConnectionLostError): Promise<BatchAnswer> {
    if ((await this.#isCommitted(request.id)) === false) throw error
    throw new OutcomeUnknownError(
      request.deals.map((deal) => deal.id),
      { cause: error },
    )
  }

  /** A lost thread can commit no more, so the commit row tells what it had done; undefined where it can't be read. */
  #isCommitted(commitId: string): Promise<boolean | undefined> {
    return this.#read<boolean>('isCommitted', commitId).catch(() => undefined)
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
  const place: SessionPlace = { number, life: thread.life }
  const ends: ReadonlySet<string> = new Set(['commit', 'rollback', 'end'])
  const entries = methods.map((method) => [
    method,
    async (...parameters: unknown[]): Promise<unknown> => {
      try {
        return await thread.call(method, parameters, place)
      } finally {
        if (ends.has(method)) atEnd()
      }
    },
  ])
  return Object.fromEntries(entries) as Target
}
