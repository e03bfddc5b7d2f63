import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import type { Client, ClientKind } from './client.ts'

/** An application with a table of its own beside its Stockpile. */
export interface Shop extends AsyncDisposable {
  readonly stockpile: Stockpile
  readonly client: Client
  /** The path or URL of its database. */
  readonly url: string
}

/** Where a database is, and how it goes again. */
interface Place {
  readonly url: string
  readonly drop: () => Promise<void>
}

/** Makes a database with a table of orders, the tables of the app `shop`, and a client on it. */
export async function openShop({ dialect, open }: ClientKind): Promise<Shop> {
  const { url, drop } = await openPlace(dialect)
  const stockpile = new Stockpile({ storage: storageOf(dialect, url) })
  await stockpile.migrate(['shop'])
  const client = await open(url)
  await client.transaction(async ({ sql }) => {
    await sql('CREATE TABLE orders (id INT PRIMARY KEY)')
  })
  return {
    stockpile,
    client,
    url,
    async [Symbol.asyncDispose](): Promise<void> {
      await client.close()
      await stockpile.close()
      await drop()
    },
  }
}

/** A storage of a kind. */
export function storageOf(dialect: ClientKind['dialect'], url: string): ReturnType<typeof sqlite> {
  if (dialect === 'mysql') return mysql(url)
  return dialect === 'postgres' ? postgres(url) : sqlite(url, { synchronous: 'off', lockWaitMs: 3_000 })
}

/** An empty database of a kind. */
export async function openPlace(dialect: ClientKind['dialect']): Promise<Place> {
  if (dialect !== 'sqlite') {
    const own = await createDatabase(inject(dialect === 'mysql' ? 'mysqlUrl' : 'postgresUrl'))
    return { url: own.url, drop: () => own.drop() }
  }
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-join-'))
  return {
    url: join(folder, 'shop.db'),
    drop: async () => {
      rmSync(folder, { recursive: true })
    },
  }
}
