import type { Joinable } from '../../src/index.ts'

/** An open transaction of the application's own. */
export interface OpenTransaction {
  /** What is handed to `stockpile.join`. */
  readonly connection: Joinable
  /** Runs a statement of the application's own in it. */
  readonly sql: (statement: string) => Promise<void>
}

/** A client that an application works with, connected to one database. */
export interface Client {
  /** Runs work in a transaction: committed after it, rolled back where it throws. */
  transaction(work: (transaction: OpenTransaction) => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** A kind of client and the kind of database that it is connected to. */
export interface ClientKind {
  readonly name: string
  readonly dialect: 'sqlite' | 'mysql' | 'postgres'
  /** @param url of the database; for SQLite the path of the file */
  readonly open: (url: string) => Promise<Client>
}

/** Runs work between BEGIN and COMMIT, or ROLLBACK, each sent by hand. */
export async function byHand(
  begin: string,
  sql: (statement: string) => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  await sql(begin)
  try {
    await work()
  } catch (error) {
    await sql('ROLLBACK')
    throw error
  }
  await sql('COMMIT')
}
