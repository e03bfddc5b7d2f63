import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { expect, test } from 'vitest'
import { ownIdentity } from '../../src/cache/process-identity.ts'
import { register, unregister } from '../../src/cache/registration.ts'
import { CacheMismatchError } from '../../src/errors.ts'
import { memoryCache, type Cache } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { Migrator } from '../../src/storage/migrator.ts'
import type { Storage } from '../../src/storage/contract.ts'

async function withDatabase(work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = sqlite(':memory:')
  try {
    await new Migrator(storage, 'auto').prepare('farm')
    await work(storage)
  } finally {
    await storage.close()
  }
}

/** A cache that many processes share, as the registration sees one. */
function sharedCache(name: string): Cache {
  return Object.assign(Object.create(memoryCache()) as Cache, { kind: 'redis', name })
}

test('of many who register the same cache at once, all have the same note and the same keys', async () => {
  await withDatabase(async (storage) => {
    const cache = sharedCache('redis:1')
    const registered = await Promise.all(Array.from({ length: 5 }, () => register(storage, cache)))
    expect(new Set(registered.map(({ note }) => note))).toEqual(new Set([await storage.cacheNote()]))
    expect(new Set(registered.map(({ prefix }) => prefix)).size).toBe(1)
  })
})

test('of two who register different caches at once, one is refused', async () => {
  await withDatabase(async (storage) => {
    const both = [sharedCache('redis:1'), sharedCache('redis:2')]
    const registered = await Promise.allSettled(both.map((cache) => register(storage, cache)))
    expect(registered.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = registered.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(refused.reason).toBeInstanceOf(CacheMismatchError)
  })
})

test('the cache in the memory of a process that died is forgotten by the next who comes', async () => {
  await withDatabase(async (storage) => {
    const { pid } = spawnSync(process.execPath, ['--eval', ''])
    const own = ownIdentity()
    const noteOf = (id: number, host: string): string =>
      JSON.stringify({ cache: 'memory:1', prefix: 'p', process: { ...own, host, id } })
    await storage.noteCache(null, noteOf(pid, own.host))
    const { note, prefix } = await register(storage, memoryCache())
    expect(note).toBe(await storage.cacheNote())
    expect(prefix).not.toBe('p')
    // Of one that lives nobody takes it away, nor of one on a machine where nobody can look.
    for (const other of [noteOf(own.id, own.host), noteOf(pid, `${own.host}.elsewhere`)]) {
      await storage.noteCache(await storage.cacheNote(), other)
      await expect(register(storage, memoryCache())).rejects.toThrow(CacheMismatchError)
      expect(await storage.cacheNote()).toBe(other)
    }
  })
})

test('a cache of this process is forgotten when it ends, and one that many share is not', async () => {
  await withDatabase(async (storage) => {
    const own = memoryCache()
    const registered = await register(storage, own)
    await unregister(storage, own, registered)
    expect(await storage.cacheNote()).toBeNull()
    const shared = sharedCache('redis:1')
    const { note } = await register(storage, shared)
    await unregister(storage, shared, { note, prefix: '' })
    expect(await storage.cacheNote()).toBe(note)
  })
})

test('keys are never those of an earlier time', async () => {
  await withDatabase(async (storage) => {
    const cache = memoryCache()
    const first = await register(storage, cache)
    await unregister(storage, cache, first)
    expect((await register(storage, cache)).prefix).not.toBe(first.prefix)
  })
})
