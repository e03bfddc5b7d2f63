import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ClosedError, ConnectionLostError, OutcomeUnknownError } from '../../errors.ts'
import { uuidv7 } from 'uuidv7'
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
import type { Announcing, BulkSession, WholeAnswer } from '../cached-contract.ts'
import { Turn } from '../../ledger/turn.ts'
import { byDeadline } from '../by-deadline.ts'
import { settleAnnounced } from './announced-batch.ts'
import { packBatch, unpackAnswer, type AnswerMessage } from './batch-message.ts'
import type { ConnectionOptions } from './connection.ts'
import { joinTransaction } from './joined.ts'
import { appSteps, sharedSteps } from './schema.ts'
import { requireSoleStatement } from './sole-statement.ts'
import { Thread, type SessionPlace } from './thread.ts'
import type { Whole } from './whole.ts'

// How long a read waits for a transaction of this process to end, from its beginning, so that what it reads can be kept in the cache: longer
// than a batch takes.
const endWaitMs = 50

// How long it waits for the thread that writes to answer at all: that one may be waiting for another process.
const answerWaitMs = 250

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
  readonly #taken = new Set<bigint>()
  #openSince: number | null = null
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
    return announcing === null ? this.#settleAlone(request) : this.#settleAnnounced(request, announcing)
  }

  async begin(): Promise<Session> {
    if (this.#isClosed) throw new ClosedError()
    const endTurn = await this.#takeTurn()
    // BEGIN goes along with the first call: one way to the thread and back less.
    return this.#session(this.#writer.place(), endTurn)
  }

  async bulk(app: string): Promise<BulkSession> {
    const endTurn = await this.#takeTurn()
    try {
      const commitId = uuidv7()
      const request = { app, location: this.location, commitId, now: Date.now() }
      const [generation, place] = await this.#open<bigint>(this.#writer, 'bulk', request)
      const session = remote<BulkSession>(this.#writer, place, ['run', 'commit', 'rollback'], endTurn)
      return {
        generation,
        run: async (sql, parameters) => {
          requireSoleStatement(sql)
          return session.run(sql, parameters)
        },
        commit: () => this.#commit(session, commitId, []),
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
    const [, place] = await this.#open(this.#reader, 'snapshot')
    const methods = ['accountCount', 'accounts', 'holdings', 'serials', 'history', 'end'] as const
    const snapshot = remote<Snapshot>(this.#reader, place, methods, () => undefined)
    return { ...snapshot, end: () => snapshot.end().catch(() => undefined) }
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#read('fetch', queries)
  }

  async fetchWhole(accounts: readonly AccountName[]): Promise<WholeAnswer[]> {
    // Before the read: whoever writes later than this has an intent that is later than the asker's lease.
    const isFree = await this.#isFree()
    const wholes = await this.#read<Whole[]>('whole', accounts)
    return wholes.map((whole) => ({
      ...whole,
      isUnlocked: isFree && whole.version > 0n,
      isGenerationUnlocked: isFree,
    }))
  }

  async takeChanges(accountsMax: number, work: (accounts: readonly AccountName[]) => Promise<void>): Promise<number> {
    const found = await this.#read<{ id: bigint; app: string; user_id: string }[]>('changes', accountsMax)
    const rows = found.filter(({ id }) => !this.#taken.has(id))
    if (rows.length === 0) return 0
    for (const { id } of rows) this.#taken.add(id)
    try {
      const accounts = new Map(rows.map(({ app, user_id: user }) => [`${app} ${user}`, { app, user }]))
      await work([...accounts.values()])
      // By their ids: an account that was changed once more meanwhile is on the list once more.
      const ids = rows.map(({ id }) => id)
      await this.#turn.run(() => this.#write('deleteChanges', ids))
      return accounts.size
    } finally {
      for (const { id } of rows) this.#taken.delete(id)
    }
  }

  /** SQLite can't tell one process what another one does. */
  async listen(): Promise<null> {
    return null
  }

  cacheNote(): Promise<string | null> {
    return this.#read('cacheNote')
  }

  noteCache(expected: string | null, note: string | null): Promise<string | null> {
    return this.#turn.run(() => this.#write('noteCache', expected, note))
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#read('entries', query)
  }

  async alter(): Promise<SchemaSession> {
    const endTurn = await this.#takeTurn()
    try {
      const [, place] = await this.#open(this.#writer, 'alter')
      return remote<SchemaSession>(this.#writer, place, ['versions', 'apply', 'note', 'end'], endTurn)
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

  #settleAlone(request: BatchRequest): Promise<BatchAnswer> {
    return this.#share(request, async () => {
      const answer = await this.#write<AnswerMessage>('settle', packBatch(request))
      return unpackAnswer(answer, request.deals)
    })
  }

  /** Batches share their turn: the thread has the next one at hand when it is done with one. */
  async #share(request: BatchRequest, work: () => Promise<BatchAnswer>): Promise<BatchAnswer> {
    const endTurn = await this.#turn.share()
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error
      return await this.#resolved(request, error)
    } finally {
      endTurn()
    }
  }

  async #settleAnnounced(request: BatchRequest, announcing: Announcing): Promise<BatchAnswer> {
    const open = (place: SessionPlace): Session => this.#session(place, () => undefined)
    return this.#share(request, async () => {
      if (this.#isClosed) throw new ClosedError()
      return { settlements: await settleAnnounced(this.#writer, request, announcing, open) }
    })
  }

  /** The session at a place of the thread that writes; `endTurn` is called when it is over. */
  #session(place: SessionPlace, endTurn: () => void): Session {
    const session = remote<Session>(this.#writer, place, sessionMethods, endTurn)
    return {
      ...session,
      commit: async (commitId, deals) => {
        if (place.life === null) endTurn()
        else await this.#commit(session, commitId, deals)
      },
      // What is open in a thread that was lost is rolled back with it.
      rollback: async () => {
        if (place.life === null) endTurn()
        else await session.rollback().catch(() => undefined)
      },
    }
  }

  /** Takes the turn for a transaction that is more than one call. */
  async #takeTurn(): Promise<() => void> {
    const endTurn = await this.#turn.take()
    this.#openSince = performance.now()
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#openSince = null
      endTurn()
    }
  }

  /** Opens a session by a call of its own; answers what that answered, and where the session is. */
  async #open<T>(thread: Thread, method: string, ...parameters: unknown[]): Promise<[T, SessionPlace]> {
    if (this.#isClosed) throw new ClosedError()
    const place = thread.place()
    const answer = thread.call<T>(method, [place.number, ...parameters])
    place.life = thread.life
    return [await answer, place]
  }

  /**
   * Whether nobody writes to the file. The thread that writes says so, between two transactions of its own: beside it, nobody would ever find
   * the file free while there is work. One that is open for longer than a batch takes is waited for no more.
   */
  async #isFree(): Promise<boolean> {
    const now = performance.now()
    const deadline = this.#openSince === null ? now + answerWaitMs : this.#openSince + endWaitMs
    if (now >= deadline) return false
    try {
      const isFree = this.#write<boolean>('isFree')
      // It takes a while to start, which whoever reads has to wait for in any case.
      return this.#writer.isReady ? ((await byDeadline(isFree, deadline)) ?? false) : await isFree
    } catch {
      return false
    }
  }

  /** Commits; a thread that was lost before it answered may have done it. */
  async #commit(session: Pick<Session, 'commit'>, commitId: string | null, deals: readonly string[]): Promise<void> {
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
  'noteChanges',
  'fetch',
  'entries',
  'savepoint',
  'restore',
  'release',
  'commit',
  'rollback',
] as const

/**
 * An object whose methods are answered by a session in the thread; the ones that end it call `atEnd` as soon as they are on their way. The
 * thread does what it is asked in order, so whoever is next may ask for something before it has done that.
 */
function remote<Target>(
  thread: Thread,
  place: SessionPlace,
  methods: readonly (keyof Target & string)[],
  atEnd: () => void,
): Target {
  const ends: ReadonlySet<string> = new Set(['commit', 'rollback', 'end'])
  const entries = methods.map((method) => [
    method,
    async (...parameters: unknown[]): Promise<unknown> => {
      const answer = thread.call(method, parameters, place)
      if (ends.has(method)) atEnd()
      return answer
    },
  ])
  return Object.fromEntries(entries) as Target
}
