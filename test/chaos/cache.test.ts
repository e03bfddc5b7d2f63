import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { ProofReport } from '../../src/cli/prove/prover.ts'
import { violationsOf } from '../../src/cli/prove/report-lines.ts'
import { createDatabase } from '../servers/create-database.ts'
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts'
import { startMariaDb } from '../servers/mariadb.ts'
import { startMemcached } from '../servers/memcached.ts'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import type { Server } from '../servers/server.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { holdTrial } from './cache-trial.ts'
import { effort } from './effort.ts'
import { chooseSeed } from './seed.ts'

// Seven trials: 100,000 reads in all, or a million.
const readsMax = effort(14_300, 143_000)
const timeoutMs = effort(120_000, 1_800_000)
const seed = chooseSeed('caches')
const unhurt = { stale: 0, backward: 0, dirty: 0, torn: 0, late: 0, drift: 0, lost: 0 }

const databases = { MariaDB: startMariaDb, PostgreSQL: startPostgres } as const
const caches = { memcached: startMemcached, Redis: startRedis } as const

function expectUnhurt({ violations, examples, reads }: ProofReport): void {
  expect({ violations, examples }).toEqual({ violations: unhurt, examples: [] })
  expect(reads).toBeGreaterThanOrEqual(readsMax)
}

describe.each(['memcached', 'Redis'] as const)('with %s, which is killed, flushed and cut off', (name) => {
  const disposables = new AsyncDisposableStack()
  let server: Server
  let proxy: FaultProxy
  let cache: string
  const cacheServer = () => ({ server, proxy })

  beforeAll(async () => {
    server = disposables.use(await caches[name]())
    proxy = disposables.use(await startFaultProxy(server))
    cache = proxy.through(server.url)
    if (name === 'Redis') return
    // Another one has its share of the accounts, and no troubles.
    const { port } = disposables.use(await startMemcached())
    cache = `memcached:127.0.0.1:${proxy.port},127.0.0.1:${port}`
  })

  afterAll(async () => {
    await disposables.disposeAsync()
  })

  test.each(['MariaDB', 'PostgreSQL'] as const)(
    'and %s, which is killed too, nobody ever reads anything stale, whoever is killed',
    async (databaseName) => {
      await using database = await databases[databaseName]()
      const scene = { storage: database.url, cache, database, cacheServer: cacheServer() }
      const { report, troubles } = await holdTrial(scene, { seed, processes: 3, readsMax })
      expectUnhurt(report)
      expect(report.kills).toBeGreaterThan(0)
      expect(troubles).toMatchObject({ 'cache killed': expect.any(Number), 'database killed': 1 })
    },
    timeoutMs,
  )

  test(
    'and SQLite, nobody ever reads anything stale, whoever is killed',
    async () => {
      const folder = await makeTempFolder('cache')
      try {
        const storage = `sqlite:${join(folder, 'chaos.db')}`
        const scene = { storage, cache, database: null, cacheServer: cacheServer() }
        const { report } = await holdTrial(scene, { seed, processes: 3, readsMax })
        expectUnhurt(report)
        expect(report.kills).toBeGreaterThan(0)
      } finally {
        await removeTempFolder(folder)
      }
    },
    timeoutMs,
  )
})

test(
  'with the cache in memory and SQLite, nobody ever reads anything stale',
  async () => {
    const folder = await makeTempFolder('cache')
    try {
      const scene = {
        storage: `sqlite:${join(folder, 'chaos.db')}`,
        cache: 'memory:',
        database: null,
        cacheServer: null,
      }
      const { report } = await holdTrial(scene, { seed, processes: 1, readsMax })
      expectUnhurt(report)
      expect(report.handChanges).toBeGreaterThan(0)
      expect(report.lateMs).toBeLessThan(10_000)
    } finally {
      await removeTempFolder(folder)
    }
  },
  timeoutMs,
)

describe('the same trial of what is in the textbooks', () => {
  // Hundreds in four seconds, and thousands in a minute, are usual; where nothing went wrong, the trial would be worth nothing.
  const violationsMin = effort(50, 500)
  const quiet = {
    readsMax: Infinity,
    secondsMax: effort(4, 60),
    readers: 8,
    writers: 8,
    lifeMsMax: null,
    byHandEveryMs: null,
  }
  const programs = {
    'set before commit': new URL('set-before-commit-worker.ts', import.meta.url),
    'delete after commit': new URL('delete-after-commit-worker.ts', import.meta.url),
  } as const

  test.each([
    ['set before commit', 'memcachedUrl', 'mysqlUrl'],
    ['set before commit', 'redisUrl', 'postgresUrl'],
    ['delete after commit', 'memcachedUrl', 'postgresUrl'],
    ['delete after commit', 'redisUrl', 'mysqlUrl'],
  ] as const)(
    '%s, finds that it is wrong (%s, %s)',
    async (way, cache, server) => {
      await using database = await createDatabase(inject(server))
      const scene = { storage: database.url, cache: inject(cache), database: null, cacheServer: null }
      const trial = { ...quiet, seed, processes: 2, program: programs[way] }
      const { report } = await holdTrial(scene, trial)
      expect(violationsOf(report)).toBeGreaterThanOrEqual(violationsMin)
    },
    timeoutMs,
  )
})
