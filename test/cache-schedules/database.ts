import assert from 'node:assert/strict'
import { ConflictError } from '../../src/errors.ts'
import type {
  AccountName,
  HoldingAnswer,
  HoldingQuery,
  Loaded,
  LockWait,
  Names,
  Writes,
} from '../../src/storage/contract.ts'
import { nameOf, Rows } from '../ledger/rows.ts'
import { Locks } from './locks.ts'

/** An account that was changed past the cache. */
interface ListedChange extends AccountName {
  readonly version: bigint
  taker: object | null
}

/** What was committed of one account. */
export interface Commit extends AccountName {
  readonly version: bigint
  readonly state: string
  /** Whether it is on the list of changes, so that the cache learns of it later. */
  readonly isListed: boolean
}

/**
 * A database in memory, for processes that share it: rows with the constraints of the tables, row locks, transactions that see what is
 * committed and what they wrote. All that a call does, it does at once, unless it waits for a lock.
 */
export class Database {
  readonly locks = new Locks<Transaction>()
  readonly generations = new Map<string, bigint>()
  note: string | null = null
  changes: ListedChange[] = []
  #committed = new Rows()
  readonly #onCommit: (commit: Commit) => void
  readonly #onRelayed: (change: AccountName & { readonly version: bigint }) => void

  /**
   * @param onCommit is told of every account that a commit changed
   * @param onRelayed is told of every change that left the list
   */
  constructor(
    onCommit: (commit: Commit) => void,
    onRelayed: (change: AccountName & { readonly version: bigint }) => void,
  ) {
    this.#onCommit = onCommit
    this.#onRelayed = onRelayed
  }

  /** What is committed. */
  get committed(): Rows {
    return this.#committed
  }

  /** Commits writes; the changed accounts of `listed` go on the list of changes. */
  commit(writes: readonly Writes[], listed: ReadonlySet<string>): void {
    const rows = changedRows(this.#committed, writes)
    const before = this.#committed
    this.#committed = rows
    for (const [name, account] of rows.accounts) {
      if (before.accounts.get(name)?.version === account.version) continue
      const { app, user, version } = account
      const isListed = listed.has(name)
      if (isListed) this.changes.push({ app, user, version, taker: null })
      this.#onCommit({ app, user, version, state: stateOf(answerIn(rows, wholeQuery(account))), isListed })
    }
  }

  /** Takes changes off the list. */
  forget(changes: readonly ListedChange[]): void {
    this.changes = this.changes.filter((change) => !changes.includes(change))
    for (const change of changes) this.#onRelayed(change)
  }
}

/** One transaction, over after `commit` and `rollback`; whoever asks it for anything later never gets an answer. */
export class Transaction {
  readonly #database: Database
  #writes: Writes[] = []
  readonly #listed = new Set<string>()
  readonly #locked: string[] = []
  readonly #savepoints = new Map<number, { readonly writes: number; readonly locks: number }>()
  #isOver = false

  constructor(database: Database) {
    this.#database = database
  }

  /** Locks the accounts that are named and there, and reads. */
  async load(names: Names, wait: LockWait): Promise<Loaded> {
    const skipped = new Set<string>()
    for (const { app, users } of names.apps) {
      for (const user of users) {
        const name = nameOf(app, user)
        if (!this.#rows.accounts.has(name)) continue
        if (wait === 'wait') await this.#lock(name)
        else if (this.#database.locks.isTaken(name, this)) this.#locked.push(name)
        else skipped.add(name)
      }
    }
    const loaded = this.#rows.load(names, skipped)
    // One that somebody else made while this waited for another is there by now, and not locked.
    const isLocked = ({ app, user }: AccountName): boolean => this.#database.locks.ownerOf(nameOf(app, user)) === this
    return { ...loaded, accounts: loaded.accounts.filter(isLocked), cache: this.#database.note }
  }

  /** Locks a row, whatever it is. */
  async lock(name: string): Promise<void> {
    await this.#lock(name)
  }

  async save(writes: Writes): Promise<void> {
    for (const { accountsNew, accountsChanged } of writes.apps) {
      for (const { app, user } of accountsNew) {
        const name = nameOf(app, user)
        await this.#lock(name)
        if (this.#rows.accounts.has(name)) throw new ConflictError(`somebody else made ${name} first`)
      }
      for (const { app, user } of accountsChanged)
        assert.equal(this.#database.locks.ownerOf(nameOf(app, user)), this, 'who writes an account has it locked')
    }
    this.#writes.push(writes)
    assert.ok(this.#rows, 'the constraints hold')
  }

  noteChanges(accounts: readonly AccountName[]): void {
    for (const { app, user } of accounts) this.#listed.add(nameOf(app, user))
  }

  fetch(queries: readonly HoldingQuery[]): HoldingAnswer[] {
    return queries.map((query) => answerIn(this.#rows, query))
  }

  savepoint(level: number): void {
    this.#savepoints.set(level, { writes: this.#writes.length, locks: this.#locked.length })
  }

  /** Undoes what was done since the savepoint, and gives back the locks that were taken since, as PostgreSQL does. */
  restore(level: number): void {
    const { writes, locks } = this.#savepoints.get(level)!
    this.#writes.length = writes
    const freed = new Set(this.#locked.splice(locks))
    for (const name of this.#locked) freed.delete(name)
    this.#database.locks.release(this, freed)
  }

  /** Commits; `also` is done at the same moment. */
  commit(also: () => void = () => undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#database.commit(this.#writes, this.#listed)
    also()
    this.#database.locks.release(this)
  }

  rollback(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#database.locks.release(this)
  }

  get #rows(): Rows {
    return this.#writes.length === 0 ? this.#database.committed : changedRows(this.#database.committed, this.#writes)
  }

  async #lock(name: string): Promise<void> {
    await this.#database.locks.take(name, this)
    // It may have been granted to somebody who died meanwhile.
    if (this.#isOver) this.#database.locks.release(this)
    else this.#locked.push(name)
  }
}

/** Reads in rows what a query asks for. */
export function answerIn(rows: Rows, { app, user, items, hasSerials }: HoldingQuery): HoldingAnswer {
  const isAsked = (row: { readonly app: string; readonly user: string; readonly item: string }): boolean =>
    row.app === app && row.user === user && (items === null || items.includes(row.item))
  return {
    version: rows.accounts.get(nameOf(app, user))?.version ?? 0n,
    holdings: [...rows.holdings.values()].filter(isAsked),
    serials: hasSerials ? [...rows.serials.values()].filter(isAsked) : [],
  }
}

/** Asks for all that an account has. */
export function wholeQuery({ app, user }: AccountName): HoldingQuery {
  return { app, user, items: null, hasSerials: true }
}

/** What an account has, as one text. */
export function stateOf({ holdings, serials }: Pick<HoldingAnswer, 'holdings' | 'serials'>): string {
  const lines = [
    ...holdings.map(({ item, quantity, serials: count, position }) => `${item} ${quantity} ${count} ${position}`),
    ...serials.map(({ item, serial, properties }) => `${item} #${serial} ${properties}`),
  ]
  return lines.sort().join('\n')
}

function changedRows(before: Rows, writes: readonly Writes[]): Rows {
  const rows = new Rows()
  for (const table of ['accounts', 'holdings', 'serials', 'receipts'] as const) {
    for (const [name, row] of before[table]) (rows[table] as Map<string, unknown>).set(name, row)
  }
  for (const some of writes) rows.save(some)
  return rows
}
