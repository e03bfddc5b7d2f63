import type { PreparedDeal } from '../model/deal.ts'
import type { Kind } from '../model/change.ts'
import type { SerialEntry } from '../model/serial.ts'
import type { SerialsAt } from '../model/serials-at.ts'
import type { Announcing, CachedStorage } from './cached-contract.ts'

/**
 * The contract that a dialect fulfils: how the ledger reaches one database. Ids and quantities are canonical here and checked before;
 * 64-bit numbers are bigints, times are milliseconds since 1970 as numbers.
 *
 * Faults. Every promise here rejects with one of these and nothing else: `ConflictError` (deadlock, serialisation failure, or a row
 * that somebody else inserted first: the whole transaction is to be rolled back and tried again), `LockTimeoutError`,
 * `ConnectionLostError`, `DatabaseError` (all else that the database says), `TablesMissingError`, `ClosedError`.
 */
export interface Storage extends CachedStorage {
  /** Which database this is. */
  readonly dialect: 'sqlite' | 'mysql' | 'postgres'
  /** Where it is, without password: for messages. */
  readonly location: string
  /** What `tables` is unless the user says otherwise. */
  readonly tables: 'auto' | 'migrate'
  /** Whether one database transaction at a time may write (SQLite): while one is open, another can't even make tables. */
  readonly isSingleWriter: boolean

  /**
   * Settles a batch in one database transaction of its own, from BEGIN to the certain outcome of COMMIT.
   *
   * @param announcing to be asked between the writes and COMMIT; nothing, or null, where there is no cache
   */
  settle(request: BatchRequest, announcing?: Announcing | null): Promise<BatchAnswer>
  /**
   * Opens a transaction that reads and writes, at READ COMMITTED or better. On a single-writer database this waits for its turn.
   */
  begin(): Promise<Session>
  /**
   * Works inside the application's own open transaction, on its own connection; no tables are made.
   *
   * @throws JoinRefusedError where no transaction is open on the connection, or it leads to another database
   */
  join(executor: Executor): Promise<JoinedSession>
  /** Opens a read-only transaction that sees one moment. */
  snapshot(): Promise<Snapshot>
  /** Reads committed state; the answers stand in the order of the queries, each of one moment. */
  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]>
  /** Reads committed history, newest first. */
  entries(query: EntryQuery): Promise<HistoryRow[]>
  /** Opens the one session that may change the schema; waits until no other process has one. */
  alter(): Promise<SchemaSession>
  /** The schema versions in `stockpile_meta` by name; empty where even that table is missing. */
  schemaVersions(): Promise<ReadonlyMap<string, number>>
  /** The numbered migrations of the tables that all apps share, and those of one app. */
  readonly migrations: { readonly shared: readonly MigrationStep[]; app(app: string): readonly MigrationStep[] }
  /**
   * Takes whole numbers out of the counter `name` in `stockpile_meta`, atomically and for ever: raises it to at least `atLeast` and then by
   * `count`, in a transaction of its own.
   *
   * @returns the first of the `count` numbers
   */
  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint>
  /** Deletes up to `rowsMax` receipts older than `receiptsBefore` and as many commit rows older than `commitsBefore`; says how many went. */
  sweep(request: { receiptsBefore: number; commitsBefore: number; rowsMax: number }): Promise<number>
  /** Closes what it opened itself; a pool that the user handed in stays open. */
  close(): Promise<void>
}

/** The deals of one database transaction. */
export interface BatchRequest {
  /** The batch's id: a UUID of version 7, kept in `stockpile_commit`. */
  readonly id: string
  readonly deals: readonly PreparedDeal[]
  /** The time that the history gets. */
  readonly now: number
  /** What to do about an account that somebody else has locked: leave its deals out, or wait. */
  readonly wait: LockWait
}

/** `skip` leaves locked rows out at once; `wait` waits for them up to the storage's `lockWaitMs`. */
export type LockWait = 'skip' | 'wait'

/** What became of each deal of a batch, in their order; null for a deal that was left out because an account of it was locked. */
export interface BatchAnswer {
  readonly settlements: readonly (Settlement | null)[]
}

/** What became of a deal: its outcomes, or why it was refused. `isReplay` marks an answer that a receipt remembered. */
export type Settlement =
  | { readonly outcomes: readonly SettledChange[]; readonly deal: string; readonly isReplay: boolean }
  | { readonly refusal: Refusal; readonly deal: string; readonly isReplay: boolean }

/** What one change led to, as plain data. */
export interface SettledChange {
  readonly app: string
  readonly user: string
  readonly item: string
  readonly change: bigint
  /** How many are counted; serials come on top. */
  readonly quantity: bigint
  /** All serials of the holding; null for a tally. */
  readonly serials: SerialsAt | null
  readonly version: bigint
  /** What a transfer led to on its other side, where that was asked for. */
  readonly other?: Omit<SettledChange, 'other'>
}

/** Why a deal was refused, as plain data: the code of an error class and what its constructor takes. */
export type Refusal =
  | Refused<'NOT_ENOUGH', HoldingName & { held: bigint; wanted: bigint }>
  | Refused<'QUANTITY_OVERFLOW', HoldingName & { held: bigint; added: bigint }>
  | Refused<'SERIAL_NOT_FOUND', HoldingName & { serial: bigint }>
  | Refused<'SERIAL_TAKEN', HoldingName & { serial: bigint; holder: { user: string; item: string } }>
  | Refused<'KIND_MISMATCH', HoldingName & { kind: Kind; quantity: bigint; serials: number }>
  | Refused<'VERSION_CONFLICT', AccountName & { expected: bigint; actual: bigint }>
  | Refused<'KEY_REUSED', { key: string; deal: string }>

interface Refused<Code extends string, Data> {
  readonly code: Code
  readonly data: Data
}

/** An account by name. */
export interface AccountName {
  readonly app: string
  readonly user: string
}

/** A row of `{app}_stockpile_account`. */
export interface AccountRow extends AccountName {
  readonly version: bigint
  readonly changedAt: number
}

/** A holding by name. */
export interface HoldingName extends AccountName {
  readonly item: string
}

/** A row of `{app}_stockpile_holding`. */
export interface HoldingRow extends HoldingName {
  readonly quantity: bigint
  /** How many serials it has. */
  readonly serials: number
  /** Place in the user's order, or null. */
  readonly position: bigint | null
}

/** A row of `{app}_stockpile_serial`. */
export interface SerialRow extends HoldingName, SerialEntry {}

/** A row of `{app}_stockpile_history`. */
export interface HistoryRow extends HoldingName {
  readonly version: bigint
  /** From 1 within the version. */
  readonly line: number
  /** By how much, counted ones and serials together. */
  readonly change: bigint
  /** How many there were afterwards, counted ones and serials together. */
  readonly balance: bigint
  /** Which serials came, went and got other properties, as JSON text; null where none did. */
  readonly serials: string | null
  /** App and user on the other side of a transfer, with a blank between them; null where there is none. */
  readonly party: string | null
  readonly deal: string
  /** JSON text, or null. */
  readonly data: string | null
  readonly time: number
}

/** A row of `stockpile_receipt`. */
export interface ReceiptRow {
  readonly key: string
  readonly hash: string
  readonly deal: string
  /** The settlement as text. */
  readonly outcome: string
  readonly time: number
}

/** What a batch names in one app: users and holdings, each sorted by bytes and without repetition. */
export interface AppNames {
  readonly app: string
  readonly users: readonly string[]
  readonly holdings: readonly NamedHolding[]
  /** Serials that are to be added by number, ascending: whoever has them is to be found too. */
  readonly serials: readonly bigint[]
}

/** A holding that a batch names. */
export interface NamedHolding {
  readonly user: string
  readonly item: string
  /** Whether its serials are to be read too. */
  readonly hasSerials: boolean
}

/** What a batch names: apps sorted by bytes, idempotency keys sorted by bytes. */
export interface Names {
  readonly apps: readonly AppNames[]
  readonly keys: readonly string[]
}

/** What was found of what was named. */
export interface Loaded {
  /** The accounts that exist and are locked now. */
  readonly accounts: readonly AccountRow[]
  /** The named holdings that exist, read after the locks were taken. */
  readonly holdings: readonly HoldingRow[]
  /** The serials of the named holdings that want them, and the named serials of whatever holding; each once, in any order. */
  readonly serials: readonly SerialRow[]
  /** The named keys that have a receipt, read after the locks were taken. */
  readonly receipts: readonly ReceiptRow[]
  /** With `skip`: accounts that exist (committed) but were not locked, because somebody else has them. Always empty with `wait`. */
  readonly skipped: readonly AccountName[]
  /** The note about the cache, read after the locks were taken; null where there is none. */
  readonly cache: string | null
}

/** What is to be written in one app; every list sorted by bytes of user and item, history by user, version and line. */
export interface AppWrites {
  readonly app: string
  /** Rows that don't exist: an insert, and `ConflictError` if somebody else was first. */
  readonly accountsNew: readonly AccountRow[]
  readonly accountsChanged: readonly AccountRow[]
  readonly holdingsNew: readonly HoldingRow[]
  readonly holdingsChanged: readonly HoldingRow[]
  readonly holdingsGone: readonly HoldingName[]
  /** To be deleted before the new ones are inserted: a serial that moves is both. */
  readonly serialsGone: readonly SerialRow[]
  readonly serialsChanged: readonly SerialRow[]
  readonly serialsNew: readonly SerialRow[]
  readonly history: readonly HistoryRow[]
}

/** What is to be written. */
export interface Writes {
  readonly apps: readonly AppWrites[]
  /** Inserts, and `ConflictError` if a key is there already. */
  readonly receipts: readonly ReceiptRow[]
  /** The row of `stockpile_commit` that says that this transaction committed; ignored if it is there already. */
  readonly commit: { readonly id: string; readonly time: number } | null
}

/** An open transaction. One call at a time; after `commit`, `rollback` or a `ConnectionLostError` it is over. */
export interface Session {
  /**
   * Locks the named accounts in the given order, then reads the named holdings and receipts, in as few round trips as the database
   * allows.
   */
  load(names: Names, wait: LockWait): Promise<Loaded>
  /** Writes all of it with set-based statements, accounts first. */
  save(writes: Writes): Promise<void>
  /** Puts accounts on the list of those whose cached value is to be removed once this is committed. */
  noteChanges(accounts: readonly AccountName[]): Promise<void>
  /** Reads with the transaction's own writes visible. */
  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]>
  /** Reads history with the transaction's own writes visible. */
  entries(query: EntryQuery): Promise<HistoryRow[]>
  /** Sets savepoint number `level`, a whole number from 1. */
  savepoint(level: number): Promise<void>
  /** Rolls back to savepoint `level` and removes it. */
  restore(level: number): Promise<void>
  /** Keeps what was done since savepoint `level` and removes it. */
  release(level: number): Promise<void>
  /**
   * Commits. If the connection is lost after COMMIT was sent, this finds out what became of the transaction by `commitId` (fencing, so
   * that the answer is final) before it answers: resolves if it was committed, rejects with `ConnectionLostError` if it was rolled back.
   *
   * @param commitId the id that was saved in `stockpile_commit`; null if nothing was saved
   * @param deals ids of deals for the error's text
   * @throws OutcomeUnknownError when the database doesn't come back in time to be asked
   */
  commit(commitId: string | null, deals: readonly string[]): Promise<void>
  /** Rolls back and gives the connection back; never rejects. */
  rollback(): Promise<void>
}

/** What speaks to the application's own connection, through whichever client it is made with. */
export interface Executor {
  /** Which kind of database it leads to. */
  readonly dialect: Storage['dialect']
  /** The client, for messages: `Kysely`, `pg`. */
  readonly client: string
  /** Whether a transaction is open, where the client knows that. */
  isInTransaction?(): boolean
  /**
   * Runs one statement.
   *
   * @param parameters for the places in it, `$1` and so on in PostgreSQL, `?` in SQLite; MySQL gets none
   * @returns the rows, if it answers any: each an object or a list of its columns, in their order
   * @throws what the driver throws
   */
  query(sql: string, parameters: readonly (string | number | null)[]): Promise<readonly object[]>
}

/**
 * A part of the application's own transaction, with a savepoint around it: `commit` keeps what was done in it and `rollback` undoes it,
 * and the transaction goes on.
 */
export interface JoinedSession extends Session {
  /** The schema versions by name, as `Storage.schemaVersions` answers them. */
  schemaVersions(): Promise<ReadonlyMap<string, number>>
  /** As `Storage.reserve`, inside the application's transaction, and undone with it. */
  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint>
}

/** Asks for what an account has: some items, or all (null). */
export interface HoldingQuery extends AccountName {
  readonly items: readonly string[] | null
  /** Whether the serials of these items are wanted too. */
  readonly hasSerials: boolean
}

/** What an account has, of one moment; version 0 for an account that doesn't exist. Holdings in any order. */
export interface HoldingAnswer {
  readonly version: bigint
  readonly holdings: readonly HoldingRow[]
  /** Empty where they weren't asked for. */
  readonly serials: readonly SerialRow[]
}

/** Asks for an account's history, newest first; null where it doesn't matter. */
export interface EntryQuery extends AccountName {
  readonly item: string | null
  readonly deal: string | null
  /** At this time or later. */
  readonly since: number | null
  /** Before this time. */
  readonly until: number | null
  /** Older than this line. */
  readonly before: { readonly version: bigint; readonly line: number } | null
  readonly limit: number
}

/** A read-only transaction that sees one moment, for `verify`. Users are ranges in byte order: above `after`, up to and with `upTo` (null: no end). */
export interface Snapshot {
  /** How many accounts the app has; an estimate will do. */
  accountCount(app: string): Promise<number>
  /** Accounts in byte order of user. */
  accounts(app: string, after: string, limit: number): Promise<AccountRow[]>
  /** Holdings in byte order of user and item. */
  holdings(app: string, after: string, upTo: string | null): Promise<HoldingRow[]>
  /** Serials in byte order of user and item. */
  serials(app: string, after: string, upTo: string | null): Promise<SerialRow[]>
  /** History in order of user, version and line, above `after`. */
  history(
    app: string,
    after: { readonly user: string; readonly version: bigint; readonly line: number },
    upTo: string | null,
    limit: number,
  ): Promise<HistoryRow[]>
  /** Ends it; never rejects. */
  end(): Promise<void>
}

/** One numbered step of the schema. Statements must do no harm when run twice (`IF NOT EXISTS`): not every database can roll DDL back. */
export interface MigrationStep {
  /** From 1, without gaps. */
  readonly version: number
  readonly title: string
  readonly statements: readonly string[]
}

/** The right to change the schema, held by one process. */
export interface SchemaSession {
  /** The versions, read under the lock; makes `stockpile_meta` if it is missing. */
  versions(): Promise<ReadonlyMap<string, number>>
  /** Runs a step's statements and notes its version under `name`; atomic where the database can. */
  apply(name: string, step: MigrationStep): Promise<void>
  /** Writes a row of `stockpile_meta` unless it is there; answers what is there afterwards. */
  note(name: string, value: string): Promise<string>
  /** Gives the right back. Where DDL can be rolled back, this is also where all that was applied becomes lasting. */
  end(): Promise<void>
}
