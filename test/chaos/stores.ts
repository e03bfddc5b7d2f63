import { join } from 'node:path'
import { startMariaDb } from '../servers/mariadb.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { Server } from '../servers/server.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

/** A database of a test's own, which may be killed. */
export interface Store extends AsyncDisposable {
  readonly url: string
  /** The server's process; null where the database is a file. */
  readonly server: Server | null
}

/** A kind of database. */
export interface StoreKind {
  readonly name: 'SQLite' | 'MariaDB' | 'PostgreSQL'
  /** Whether it has a server that can be killed, and connections that can be cut. */
  readonly hasServer: boolean
  /** Whether a commit is shown to readers before it is on disk, and only then acknowledged. */
  readonly isShowingEarly: boolean
  open(): Promise<Store>
}

/** Every kind of database, durable as in production. */
export const storeKinds: readonly StoreKind[] = [
  { name: 'SQLite', hasServer: false, isShowingEarly: false, open: openFile },
  {
    name: 'MariaDB',
    hasServer: true,
    isShowingEarly: true,
    open: async () => storeOf(await startMariaDb({ durable: true })),
  },
  {
    name: 'PostgreSQL',
    hasServer: true,
    isShowingEarly: false,
    open: async () =>
      // It looks for deadlocks only after this long; with the usual second the tests would mostly wait.
      storeOf(await startPostgres({ durable: true, args: ['-c', 'deadlock_timeout=50ms'] })),
  },
]

function storeOf(server: Server): Store {
  return { url: server.url, server, [Symbol.asyncDispose]: () => server.stop() }
}

async function openFile(): Promise<Store> {
  const folder = await makeTempFolder('sqlite')
  return {
    url: `sqlite:${join(folder, 'chaos.db')}`,
    server: null,
    [Symbol.asyncDispose]: () => removeTempFolder(folder),
  }
}
