import { describe, expect, test } from 'vitest'
import type { Storage } from '../../src/storage/contract.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { makeTables } from './farm.ts'
import { servers } from './servers.ts'

/** Leaves that many connections idle. */
async function idle(storage: Storage, count: number): Promise<void> {
  const snapshots = await Promise.all(Array.from({ length: count }, () => storage.snapshot()))
  for (const snapshot of snapshots) await snapshot.end()
}

const reads: [string, (storage: Storage) => Promise<unknown>][] = [
  ['the schema versions', (storage) => storage.schemaVersions()],
  ['holdings', (storage) => storage.fetch([{ app: 'farm', user: 'u', items: null, hasSerials: false }])],
  [
    'history',
    (storage) =>
      storage.entries({
        app: 'farm',
        user: 'u',
        item: null,
        deal: null,
        since: null,
        until: null,
        before: null,
        limit: 1,
      }),
  ],
  ['whole accounts', (storage) => storage.fetchWhole([{ app: 'farm', user: 'u' }])],
  [
    'the right to a bulk change',
    async (storage) => {
      const bulk = await storage.bulk('farm')
      await bulk.rollback()
      return bulk
    },
  ],
  [
    'a snapshot',
    async (storage) => {
      const snapshot = await storage.snapshot()
      await snapshot.end()
      return snapshot
    },
  ],
  [
    'the right to change the schema',
    async (storage) => {
      const session = await storage.alter()
      await session.end()
      return session
    },
  ],
  ['changes', (storage) => storage.takeChanges(1, async () => undefined)],
  ['the note about the cache', async (storage) => [await storage.noteCache(null, null), await storage.cacheNote()]],
  ['serial numbers', (storage) => storage.reserve('serial', 1n, 1n)],
]

describe.each(servers)('$name', (kind) => {
  test.each(reads)('%s can be had although all connections were lost while they were idle', async (_what, read) => {
    const { hostname, port } = new URL(kind.url())
    await using proxy = await startFaultProxy({ host: hostname, port: Number(port) })
    await using lab = await kind.openLab({}, (url) => proxy.through(url))
    await idle(lab.storage, 4)
    proxy.cut()
    await expect(read(lab.storage)).resolves.toBeDefined()
  })

  test('the first calls after a restart of the server succeed', async () => {
    await using server = await kind.start()
    const storage = kind.storage(server.url)
    await makeTables(storage, 'farm')
    await idle(storage, 4)
    await server.restart()
    for (const [, read] of reads) await expect(read(storage)).resolves.toBeDefined()
    await idle(storage, 4)
    await server.kill('SIGTERM')
    await expect(storage.schemaVersions()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await server.restart()
    for (const [, read] of reads) await expect(read(storage)).resolves.toBeDefined()
    await storage.close()
  })
})
