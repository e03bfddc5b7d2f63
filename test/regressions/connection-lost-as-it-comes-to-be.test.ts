import { createServer, connect, type AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { expect, inject, test } from 'vitest'
import { postgres } from '../../src/storage/postgres/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { openProbe } from '../servers/probe.ts'

// What PostgreSQL says when it is ready for the first query, at the end of the greeting.
const ready = Buffer.from('5a0000000549', 'hex')

const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

/**
 * Passes everything on to the run's PostgreSQL; but what the server says when it is ready arrives only together with its last words, because
 * the server is told to end the connection before.
 *
 * @param spared how many connections come to be as usual, before that
 */
async function startHastyServer(databaseUrl: string, spared = 0) {
  const { hostname: host, port } = new URL(databaseUrl)
  const probe = await openProbe(databaseUrl)
  const orders: Promise<unknown>[] = []
  let [made, ended] = [0, 0]
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ host, port: Number(port) })
    const held: Buffer[] = []
    made += 1
    const isSpared = made <= spared
    for (const socket of [client, server]) socket.on('error', () => undefined)
    client.on('data', (data) => server.write(data))
    client.on('end', () => server.end())
    server.on('data', (data) => {
      if (isSpared || (held.length === 0 && !data.includes(ready))) {
        client.write(data)
        return
      }
      if (held.push(data) > 1) return
      orders.push(probe.query(endAll))
    })
    // Not 'end': a server that is told to end while it is spoken to resets the connection.
    server.on('close', () => {
      if (!isSpared) ended += 1
      client.end(Buffer.concat(held))
    })
  })
  const { promise: isListening, resolve } = Promise.withResolvers<void>()
  listener.listen(0, '127.0.0.1', resolve)
  await isListening
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`
  return {
    url: url.href,
    /** How many connections the server has ended. */
    get ended(): number {
      return ended
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const { promise, resolve: closed } = Promise.withResolvers<void>()
      listener.close(() => closed())
      await promise
      await Promise.all(orders)
      await probe.close()
    },
  }
}

const lost = { code: 'CONNECTION_LOST' }

test('a connection to PostgreSQL that is lost in the moment in which it comes to be is a lost connection, not the end of the process', async () => {
  await using database = await createDatabase(inject('postgresUrl'))
  await using server = await startHastyServer(database.url)
  const storage = postgres(server.url)
  await expect(storage.schemaVersions()).rejects.toMatchObject(lost)
  await expect(storage.begin()).rejects.toMatchObject(lost)
  expect(server.ended).toBeGreaterThan(1)
  await storage.close()
})

test('so is one of the application’s own pool', async () => {
  await using database = await createDatabase(inject('postgresUrl'))
  await using server = await startHastyServer(database.url)
  const pool = new Pool({ connectionString: server.url })
  pool.on('error', () => undefined)
  const storage = postgres(pool)
  await expect(storage.schemaVersions()).rejects.toMatchObject(lost)
  expect(server.ended).toBeGreaterThan(0)
  await storage.close()
  await pool.end()
})

test.each(['url', 'pool'])('so is the one that hears of changes by hand (%s)', async (kind) => {
  await using database = await createDatabase(inject('postgresUrl'))
  // Whether the server will do is found out before, on another connection.
  await using server = await startHastyServer(database.url, 1)
  const pool = new Pool({ connectionString: server.url, maxUses: 1 })
  pool.on('error', () => undefined)
  const storage = postgres(kind === 'url' ? server.url : pool)
  await expect(storage.listen(() => undefined)).rejects.toMatchObject(lost)
  expect(server.ended).toBe(1)
  await storage.close()
  await pool.end()
})
