import assert from 'node:assert/strict'
import { ConflictError } from '../../src/errors.ts'
import { settleAlone } from '../../src/ledger/batch.ts'
import { settle } from '../../src/ledger/settle.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal } from '../../src/model/deal.ts'
import type {
  AccountName,
  BatchAnswer,
  BatchRequest,
  HoldingAnswer,
  HoldingQuery,
  JoinedSession,
  Session,
  Storage,
} from '../../src/storage/contract.ts'
import type { Announcing, BulkSession, CachedStorage, WholeAnswer } from '../../src/storage/cached-contract.ts'
import { nameOf } from '../ledger/rows.ts'
import { answerIn, Transaction, wholeQuery, type Database } from './database.ts'
import type { Life } from './life.ts'

/** What is used of a storage here. */
export type UsedStorage = CachedStorage &
  Pick<
    Storage,
    | 'dialect'
    | 'location'
    | 'tables'
    | 'isSingleWriter'
    | 'settle'
    | 'begin'
    | 'join'
    | 'fetch'
    | 'schemaVersions'
    | 'migrations'
    | 'sweep'
    | 'close'
  >

/** The way of one process to the database: its steps have names. What it has open is rolled back some time after its death. */
export class NamedStorage implements UsedStorage {
  readonly dialect = 'postgres'
  readonly location = 'memory'
  readonly tables = 'auto'
  readonly isSingleWriter = false
  readonly migrations = { shared: [], app: (): [] => [] }
  readonly #database: Database
  readonly #life: Life

  constructor(database: Database, life: Life) {
    this.#database = database
    this.#life = life
  }

  settle(request: BatchRequest, announcing: Announcing | null = null): Promise<BatchAnswer> {
    return settleAlone(() => this.begin(), request, announcing)
  }

  async begin(): Promise<Session> {
    return this.#session(await this.open())
  }

  /** Begins a transaction of the application's own. */
  async open(): Promise<Transaction> {
    const transaction = new Transaction(this.#database)
    this.#life.bequeath(() => {
      transaction.rollback()
    })
    await this.#life.here('tx.begun')
    return transaction
  }

  /** Commits a transaction of the application's own. */
  async commit(transaction: Transaction, also?: () => void): Promise<void> {
    await this.#life.there('commit.sent')
    transaction.commit(also)
    await this.#life.here('commit.acked')
  }

  /** The part of an application's transaction that inventories take part in; that one is told by `executor` itself. */
  async join(executor: object): Promise<JoinedSession> {
    const transaction = (executor as { readonly transaction: Transaction }).transaction
    transaction.savepoint(0)
    const session: Omit<JoinedSession, 'entries' | 'reserve'> = {
      ...this.#session(transaction),
      commit: async () => undefined,
      rollback: async () => {
        transaction.restore(0)
      },
      schemaVersions: () => this.schemaVersions(),
    }
    return session as JoinedSession
  }

  async fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    const answers = queries.map((query) => answerIn(this.#database.committed, query))
    await this.#life.here('read.done')
    return answers
  }

  async fetchWhole(accounts: readonly AccountName[]): Promise<WholeAnswer[]> {
    const { locks } = this.#database
    const free = accounts.map(({ app, user }) => {
      const name = nameOf(app, user)
      const isThere = this.#database.committed.accounts.has(name)
      return { isUnlocked: isThere && locks.ownerOf(name) === undefined, isStill: locks.ownerOf(app) === undefined }
    })
    await this.#life.here('probe.done')
    const generations = accounts.map(({ app }) => this.#database.generations.get(app) ?? 0n)
    await this.#life.here('stamp.read')
    const answers = accounts.map((account, at): WholeAnswer => {
      const answer = answerIn(this.#database.committed, wholeQuery(account))
      const { isUnlocked, isStill } = free[at]!
      return { ...answer, isUnlocked, generation: generations[at]!, isGenerationUnlocked: isStill }
    })
    await this.#life.here('data.read')
    return answers
  }

  /** A change of an app by SQL, of which there is one statement here: add so many of an item to a user. */
  async bulk(app: string): Promise<BulkSession> {
    const transaction = await this.open()
    await transaction.lock(app)
    await this.#life.here('head.locked')
    const generation = (this.#database.generations.get(app) ?? 0n) + 1n
    return {
      generation,
      run: async (_sql, [user, item, amount]) => {
        const version = await this.#change(transaction, app, [String(user), String(item), BigInt(amount ?? 0)])
        return { rows: [{ version }], count: 1 }
      },
      commit: () => this.commit(transaction, () => this.#database.generations.set(app, generation)),
      rollback: async () => {
        transaction.rollback()
      },
    }
  }

  /** A change by hand: triggers move the version and put the account on the list. */
  async edit(app: string, user: string, item: string, amount: bigint): Promise<bigint> {
    const transaction = await this.open()
    try {
      const version = await this.#change(transaction, app, [user, item, amount])
      transaction.noteChanges([{ app, user }])
      await this.commit(transaction)
      return version
    } catch (error) {
      transaction.rollback()
      throw error
    }
  }

  async takeChanges(accountsMax: number, work: (accounts: readonly AccountName[]) => Promise<void>): Promise<number> {
    const taken = this.#database.changes.filter(({ taker }) => taker === null).slice(0, accountsMax)
    if (taken.length === 0) return 0
    for (const change of taken) change.taker = this
    const free = (): void => {
      for (const change of taken) change.taker = null
    }
    const callOff = this.#life.bequeath(free)
    try {
      await this.#life.here('taken')
      await work(taken.map(({ app, user }) => ({ app, user })))
      this.#database.forget(taken)
      await this.#life.here('forgotten')
      return taken.length
    } finally {
      free()
      callOff()
    }
  }

  async listen(): Promise<null> {
    return null
  }

  async cacheNote(): Promise<string | null> {
    return this.#database.note
  }

  async noteCache(expected: string | null, note: string | null): Promise<string | null> {
    if (this.#database.note === expected) this.#database.note = note
    return this.#database.note
  }

  async schemaVersions(): Promise<ReadonlyMap<string, number>> {
    return new Map()
  }

  async sweep(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  #session(transaction: Transaction): Session {
    const life = this.#life
    const session: Omit<Session, 'entries'> = {
      load: async (names, wait) => {
        const loaded = await this.#told(transaction.load(names, wait))
        await life.here('head.locked')
        return loaded
      },
      save: async (writes) => {
        await this.#told(transaction.save(writes))
        await life.here('sql.done')
      },
      noteChanges: async (accounts) => {
        transaction.noteChanges(accounts)
        await life.here('sql.done')
      },
      fetch: async (queries) => {
        const answers = transaction.fetch(queries)
        await life.here('read.done')
        return answers
      },
      savepoint: async (level) => {
        transaction.savepoint(level)
      },
      restore: async (level) => {
        transaction.restore(level)
      },
      release: async () => undefined,
      commit: () => this.commit(transaction),
      rollback: async () => {
        transaction.rollback()
      },
    }
    return session as Session
  }

  async #change(
    transaction: Transaction,
    app: string,
    [user, item, amount]: readonly [string, string, bigint],
  ): Promise<bigint> {
    const holdings = [{ user, item, hasSerials: true }]
    const names = { apps: [{ app, users: [user], holdings, serials: [] }], keys: [] }
    const loaded = await this.#told(transaction.load(names, 'wait'))
    await this.#life.here('head.locked')
    const change = toChange('change', { verb: 'add', kind: 'tally', app, user, item, amount })
    const noSerials = (): never => assert.fail('a tally makes no serials')
    const { writes } = settle(loaded, [prepareDeal('by hand', { changes: [change] }, noSerials)], 0)
    await this.#told(transaction.save({ ...writes, commit: null }))
    await this.#life.here('sql.done')
    return writes.apps.flatMap(({ accountsChanged, accountsNew }) => [...accountsChanged, ...accountsNew])[0]!.version
  }

  async #told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof ConflictError) this.#life.backOff()
      throw error
    }
  }
}
