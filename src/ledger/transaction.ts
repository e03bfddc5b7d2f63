import { AsyncLocalStorage } from 'node:async_hooks'
import { uuidv7 } from 'uuidv7'
import { StockpileError, TransactionClosedError } from '../errors.ts'
import type { PreparedDeal } from '../model/deal.ts'
import type {
  BatchAnswer,
  EntryQuery,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  Session,
  Settlement,
} from '../storage/contract.ts'
import type { Announcing } from '../storage/cached-contract.ts'
import { settleIn } from './batch.ts'
import { Lane, type LaneSettings } from './lane.ts'
import { complain, type Logger } from './logger.ts'
import { Turn } from './turn.ts'
import { noWrites } from './writes.ts'

/** A function that runs after the certain outcome of a transaction. */
export type Callback = () => unknown

/** The open transaction of each chain of calls; what a callback of `transaction()` calls finds it by itself. */
export const ambient = new AsyncLocalStorage<Scope>()

/** What all levels of one transaction share: the database transaction, opened when it is first needed. */
export class Root {
  readonly #begin: () => Promise<Session>
  readonly #now: () => number
  readonly #isOwn: boolean
  readonly #announcer: () => Announcing | null
  #announcing: Announcing | null = null
  readonly #commitId = uuidv7()
  readonly #deals: string[] = []
  #session: Promise<Session> | null = null
  #isOpen = false
  readonly #preparations: Promise<unknown>[] = []
  /** The session takes one call at a time; unlike a level's turn, this one never lasts longer than a call. */
  readonly #calls = new Turn()
  #isSaved = false
  #fault: unknown = null

  /** The levels are distinguished by what they belong to: `owner` is the ledger that opened the transaction. */
  readonly owner: object

  /**
   * @param announcer makes what is told of the writes; null where there is no cache
   * @param isOwn whether it is committed here, and leaves a row that says so
   */
  constructor(
    owner: object,
    begin: () => Promise<Session>,
    now: () => number,
    announcer: () => Announcing | null,
    isOwn = true,
  ) {
    this.owner = owner
    this.#begin = begin
    this.#now = now
    this.#announcer = announcer
    this.#isOwn = isOwn
  }

  /** Whether the database transaction is open, or about to be. */
  get isBegun(): boolean {
    return this.#session !== null
  }

  /** Why the transaction can only be rolled back, or null while it can go on. */
  get fault(): unknown {
    return this.#fault
  }

  /** Makes rolling back the only way out. The first reason stays. */
  doom(fault: unknown): void {
    this.#fault ??= fault
  }

  /** Has BEGIN wait for work that an open transaction would stand in the way of. */
  async before(work: Promise<void>): Promise<void> {
    this.#preparations.push(work)
    await work
  }

  /** Does something with the database transaction; whatever fails there dooms it. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#calls.run(async () => {
      if (this.#fault !== null) throw this.#fault as Error
      try {
        const session = await (this.#session ??= this.#open())
        // It may have come to be while BEGIN waited for its turn.
        if (this.#fault !== null) throw this.#fault as Error
        return await work(session)
      } catch (error) {
        this.doom(error)
        throw error
      }
    })
  }

  /** Settles deals inside the transaction. */
  settle(deals: readonly PreparedDeal[]): Promise<BatchAnswer> {
    return this.use(async (session) => {
      const now = this.#now()
      const commit = this.#isOwn ? { id: this.#commitId, time: now } : null
      // The cache that somebody else's COMMIT follows is told at once: when that comes, nobody here learns.
      this.#announcing ??= this.#announcer()
      const announcing = this.#announcing
      const cache = announcing === null ? null : { announcing, isLast: !this.#isOwn }
      const answer = await settleIn(session, { deals, now, wait: 'wait' }, commit, cache)
      if (answer.isSaved) {
        this.#isSaved = true
        this.#deals.push(...deals.map((deal) => deal.id))
      }
      return answer
    })
  }

  /**
   * Commits.
   *
   * @throws the reason why it can't, after rolling back; ConnectionLostError after a certain rollback; OutcomeUnknownError
   */
  async commit(): Promise<void> {
    if (this.#fault !== null) {
      await this.rollback()
      throw this.#fault as Error
    }
    if (this.#session === null) return
    const session = await this.#session
    if (this.#isSaved && this.#isOwn) await this.#announce(session)
    try {
      await session.commit(this.#isSaved ? this.#commitId : null, this.#deals)
    } catch (error) {
      this.#announcing?.withdraw()
      throw error
    }
    if (this.#isOwn) this.#announcing?.committed()
  }

  /** Rolls back, as soon as the call under way is over; never rejects. */
  async rollback(): Promise<void> {
    if (this.#fault !== null && !this.#isOpen) {
      // BEGIN may have to wait for long, and nothing is done after it any more: nobody needs to wait for that.
      void this.#session?.then(
        (session) => session.rollback(),
        () => undefined,
      )
      return
    }
    await this.#calls.run(async () => {
      const session = await this.#session?.catch(() => null)
      await session?.rollback()
    })
  }

  /** How much the cache is to be told so far: a place to go back to. */
  get mark(): number {
    return this.#announcing?.mark ?? 0
  }

  /** Has the cache told nothing of what was undone. */
  restore(mark: number): void {
    this.#announcing?.restore(mark)
  }

  /** Takes back what the cache was told. */
  withdraw(): void {
    this.#announcing?.withdraw()
  }

  /** As the last thing before COMMIT: until then, readers take what is cached. */
  async #announce(session: Session): Promise<void> {
    try {
      const missing = (await this.#announcing?.announce()) ?? []
      if (missing.length > 0) await session.noteChanges(missing)
    } catch (error) {
      this.#announcing?.withdraw()
      await session.rollback()
      throw error
    }
  }

  async #open(): Promise<Session> {
    await Promise.allSettled(this.#preparations)
    const session = await this.#begin()
    this.#isOpen = true
    return session
  }
}

/**
 * One level of a transaction: the outermost, or a savepoint. Its calls are served one at a time, and while an inner level is open, the
 * outer one waits: savepoints are a stack, and two of them side by side would undo each other's work.
 */
export class Scope {
  readonly root: Root
  readonly level: number
  readonly #turn = new Turn()
  readonly #lane: Lane
  #onCommit: Callback[] = []
  #onRollback: Callback[] = []
  #isClosed = false

  constructor(root: Root, level: number, settings: LaneSettings) {
    this.root = root
    this.level = level
    // A fault of the database dooms the transaction: nothing is tried again inside it, but the whole of it from outside.
    const isolated: LaneSettings = { ...settings, retriesMax: 0, inFlightMax: 1, firstWait: 'wait' }
    this.#lane = new Lane((deals) => this.#turn.run(() => this.root.settle(deals)), isolated)
  }

  /** Settles a deal inside the transaction. */
  async submit(deal: PreparedDeal): Promise<Settlement> {
    this.#checkOpen()
    return this.#lane.submit(deal)
  }

  /** Reads with the transaction's own writes visible; `isLocked` locks the account first, so that it stays as it was read. */
  async read(query: HoldingQuery, isLocked: boolean): Promise<HoldingAnswer> {
    return this.#use(async (session) => {
      if (isLocked) await lock(session, query)
      const [answer] = await session.fetch([query])
      return answer!
    })
  }

  /** Reads history with the transaction's own writes visible. */
  async entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#use((session) => session.entries(query))
  }

  /** Registers a callback for after the commit of the outermost level. */
  onCommit(callback: Callback): void {
    this.#checkOpen()
    this.#onCommit.push(callback)
  }

  /** Registers a callback for after the rollback of this level or of one around it. */
  onRollback(callback: Callback): void {
    this.#checkOpen()
    this.#onRollback.push(callback)
  }

  /** Runs work in an inner level, a savepoint: what fails in it is undone alone. */
  async nested<T>(
    work: () => Promise<T>,
    settings: LaneSettings,
    report: (callbacks: readonly Callback[], level: Scope | null) => Promise<void>,
  ): Promise<T> {
    this.#checkOpen()
    const inner = new Scope(this.root, this.level + 1, settings)
    try {
      return await this.#turn.run(() => this.#inside(inner, work))
    } catch (error) {
      // With a fault, nothing but rolling back all of it makes the outcome certain.
      const isOver = this.root.fault !== null
      if (isOver) await this.root.rollback()
      // The turn is over, so that callbacks may use this level.
      await report(inner.callbacks().onRollback, isOver ? null : this)
      throw error
    }
  }

  /** Runs work with this level as the ambient one and closes the level after it, when all that the work began is done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await ambient.run(this, work)
    } finally {
      await this.close()
    }
  }

  /** Takes no more calls and waits for those under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#lane.close()
    await this.#turn.run(async () => undefined)
  }

  /** The callbacks registered so far. */
  callbacks(): { onCommit: readonly Callback[]; onRollback: readonly Callback[] } {
    return { onCommit: this.#onCommit, onRollback: this.#onRollback }
  }

  async #inside<T>(inner: Scope, work: () => Promise<T>): Promise<T> {
    await this.root.use((session) => session.savepoint(inner.level))
    const { mark } = this.root
    try {
      const result = await inner.run(work)
      await this.root.use((session) => session.release(inner.level))
      const { onCommit, onRollback } = inner.callbacks()
      this.#onCommit.push(...onCommit)
      this.#onRollback.push(...onRollback)
      return result
    } catch (error) {
      if (this.root.fault === null) {
        await this.root.use((session) => session.restore(inner.level))
        this.root.restore(mark)
      }
      throw error
    }
  }

  async #use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.#checkOpen()
    return this.#turn.run(() => this.root.use(work))
  }

  #checkOpen(): void {
    if (this.root.fault instanceof StockpileError) throw this.root.fault
    if (this.#isClosed) throw new TransactionClosedError()
  }
}

/** Locks one account, making its row if it isn't there: a row that doesn't exist can't be locked. */
async function lock(session: Session, { app, user }: HoldingQuery): Promise<void> {
  const loaded = await session.load({ apps: [{ app, users: [user], holdings: [], serials: [] }], keys: [] }, 'wait')
  if (loaded.accounts.length > 0) return
  const row = { app, user, version: 0n, changedAt: 0 }
  await session.save({ apps: [{ ...noWrites(app), accountsNew: [row] }], receipts: [], commit: null })
}

/** Runs callbacks one after the other, at a level of a transaction or outside of it; one that throws is reported and stops nobody. */
export async function runCallbacks(
  callbacks: readonly Callback[],
  level: Scope | null,
  logger: Logger | null,
): Promise<void> {
  for (const callback of callbacks) {
    try {
      await (level === null ? ambient.exit(callback) : ambient.run(level, callback))
    } catch (error) {
      complain(logger, 'a callback of onCommit or onRollback threw; the outcome of its transaction stands', error)
    }
  }
}
