import { Client } from 'pg'
import { startPostgres } from '../../test/servers/postgres.ts'
import { postgresByHand } from '../by-hand/postgres.ts'
import { postgresSerialsByHand } from '../serials-by-hand/postgres.ts'
import type { Database } from '../database.ts'
import { postgresRaw } from '../raw/postgres.ts'
import { loadPostgres, openOn } from '../stockpile.ts'

const settings = ['shared_buffers=2GB', 'max_wal_size=8GB']

/** A private PostgreSQL server, every commit forced to the disk. */
export async function startPostgresDatabase(): Promise<Database> {
  const open = await loadPostgres()
  const server = await startPostgres({ durable: true, args: settings.flatMap((setting) => ['-c', setting]) })
  const { pid, url } = server
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
  const database: Database = {
    name: 'PostgreSQL',
    version: rows[0]?.server_version ?? '',
    settings: ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on', ...settings],
    serverPid: pid ?? null,
    open: async (options) => openOn(open(url), options),
    byHand: (app) => postgresByHand(database, url, app),
    serialsByHand: (app) => postgresSerialsByHand(database, url, app),
    raw: (app, hasAccounts) => postgresRaw(url, app, hasAccounts),
    async execute(statement) {
      await client.query(statement)
    },
    async insertAsStockpile(statement) {
      await client.query(`BEGIN; SET LOCAL stockpile.writes = 'on'; ${statement}; COMMIT`)
    },
    async numbers(query) {
      const result = await client.query<(string | null)[]>({ text: query, rowMode: 'array' })
      return (result.rows[0] ?? []).map((value) => BigInt(value ?? 0))
    },
    series: (count) => `generate_series(1, ${count}) AS series (n)`,
    text: (expression) => `(${expression})::text`,
    // The statistics for its planner, which it would gather a minute later.
    async settleDown() {
      await client.query('VACUUM ANALYZE')
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await server.stop()
    },
  }
  return database
}
