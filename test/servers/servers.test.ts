import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { startMariaDb } from './mariadb.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgres.ts'
import { openProbe } from './probe.ts'
import type { Probe } from './probe.ts'
import { childrenOf, isAlive } from './processes.ts'
import { startRedis } from './redis.ts'
import { say } from './say.ts'

const kinds = [
  { name: 'MariaDB', start: startMariaDb },
  { name: 'PostgreSQL', start: startPostgres },
]

describe.each(kinds)('$name', ({ start }) => {
  test.each([{ durable: false }, { durable: true }])(
    'keeps what was committed over kill -9 (durable: $durable)',
    async (options) => {
      await using server = await start(options)
      const { port } = server
      const before = await openProbe(server.url)
      await before.query('CREATE TABLE kept (id INT)')
      await before.query('INSERT INTO kept VALUES (7)')
      const pid = server.pid ?? 0
      await server.kill()
      expect(isAlive(pid)).toBe(false)
      expect(server.pid).toBeUndefined()
      await expect(before.query('SELECT 1')).rejects.toThrow()
      await before.close()

      await server.restart()
      expect(server.port).toBe(port)
      expect(await ask(server.url, 'SELECT id FROM kept')).toEqual(['7'])
    },
  )

  test('survives being killed and restarted while its connections are busy, many times', async () => {
    await using server = await start()
    await ask(server.url, 'CREATE TABLE busy (id INT)')
    for (let round = 1; round <= 5; round++) {
      const probes = await Promise.all(Array.from({ length: 8 }, () => openProbe(server.url)))
      const work = probes.map((probe) => insertUntilKilled(probe))
      await probes[0]?.query('SELECT 1')
      await server.restart()
      const counts = await Promise.all(work)
      const [count] = await ask(server.url, 'SELECT count(*) FROM busy')
      const acknowledged = counts.reduce((sum, each) => sum + each, 0)
      // One more for each probe: a commit whose answer was lost.
      expect(Number(count)).toBeGreaterThanOrEqual(acknowledged)
      expect(Number(count)).toBeLessThanOrEqual(acknowledged + probes.length)
      await ask(server.url, 'DELETE FROM busy')
    }
  })

  test('crashes with all of its processes, and shuts down in order when it is asked to', async () => {
    await using server = await start()
    const client = await openProbe(server.url)
    const pid = server.pid ?? 0
    const all = [pid, ...childrenOf(pid)]
    await server.kill()
    expect(all.filter(isAlive)).toEqual([])
    await client.close()
    await server.restart()
    const again = await openProbe(server.url)
    await server.kill('SIGTERM')
    expect(server.log).toMatch(/shutdown complete|database system is shut down/i)
    await again.close()
    await server.restart()
    expect(await ask(server.url, 'SELECT 1')).toEqual(['1'])
  })
})

const caches = [
  { name: 'memcached', start: startMemcached, set: 'set a 0 0 1\r\n1\r\n', get: 'get a\r\n', nothing: 'END\r\n' },
  { name: 'Redis', start: startRedis, set: 'SET a 1\r\n', get: 'GET a\r\n', nothing: '$-1\r\n' },
]

describe.each(caches)('$name', ({ start, set, get, nothing }) => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('comes back on its port after %s, and has forgotten', async (signal) => {
    await using server = await start()
    const { port } = server
    const pid = server.pid ?? 0
    await say(server, set)
    expect(await say(server, get)).not.toBe(nothing)
    await server.kill(signal)
    expect(isAlive(pid)).toBe(false)
    expect(await isListening(port)).toBe(false)
    await server.restart()
    expect(server.port).toBe(port)
    expect(server.pid).not.toBe(pid)
    expect(await say(server, get)).toBe(nothing)
  })
})

const all = [...kinds, ...caches]

describe.each(all)('$name', ({ start }) => {
  test('leaves no process, no folder and no listener when it is stopped', async () => {
    const server = await start()
    const pid = server.pid ?? 0
    expect(isAlive(pid)).toBe(true)
    await server.stop()
    await server.stop()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(server.folder)).toBe(false)
    expect(await isListening(server.port)).toBe(false)
    await expect(server.restart()).rejects.toThrow('stopped')
  })

  test('leaves nothing when it is stopped after it was killed', async () => {
    const server = await start()
    await server.kill()
    await server.stop()
    expect(existsSync(server.folder)).toBe(false)
  })

  test('says why it could not start, and leaves nothing', async () => {
    const failure = start({ args: ['--no-such-setting=1'] })
    await expect(failure).rejects.toThrow(/no.such.setting/)
  })

  test('is cleared away when its owner is killed before it could stop it', async () => {
    const owner = fileURLToPath(new URL('orphan.ts', import.meta.url))
    const child = spawn(process.execPath, [owner, start.name], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string }
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await until(() => !isAlive(pid) && !existsSync(folder))
  })
})

describe.each(['mysqlUrl', 'postgresUrl'] as const)('a database on the server of %s', (key) => {
  test('is empty, one of many, and gone after its test', async () => {
    const first = await createDatabase(inject(key))
    await using second = await createDatabase(inject(key))
    await ask(first.url, 'CREATE TABLE mine (id INT)')
    await ask(second.url, 'CREATE TABLE mine (id INT)')
    const open = await openProbe(first.url)
    await first.drop()
    await first.drop()
    await open.close()
    await expect(ask(first.url, 'SELECT 1')).rejects.toThrow()
    expect(await ask(second.url, 'SELECT count(*) FROM mine')).toEqual(['0'])
  })
})

async function ask(url: string, statement: string): Promise<string[]> {
  const probe = await openProbe(url)
  try {
    return await probe.query(statement)
  } finally {
    await probe.close()
  }
}

/** @returns how many inserts were acknowledged before the server went away */
async function insertUntilKilled(probe: Probe): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await probe.query('INSERT INTO busy VALUES (1)')
    } catch {
      await probe.close()
      return count
    }
  }
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It did not happen within 20 seconds.')
    await pause(20)
  }
}
