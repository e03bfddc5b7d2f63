import { describe, expect, test } from 'vitest'
import { memoryCache, type Cache } from '../../src/index.ts'
import { InvalidArgumentError } from '../../src/errors.ts'

/** Puts a value under a key in which nothing lies. */
async function fill(cache: Cache, key: string, text: string): Promise<boolean> {
  const [found] = await cache.find([{ key, guard: 'guard' }])
  if (found?.entry.state !== 'leased') throw new Error(`${key} is not to be had: ${found?.entry.state}`)
  const [isStored] = await cache.store([{ token: found.entry.token, text }])
  return isStored === true
}

async function stateOf(cache: Cache, key: string): Promise<string | undefined> {
  return (await cache.find([{ key, guard: 'guard' }]))[0]?.entry.state
}

describe('a cache in this process', () => {
  test('has a name of its own, so that a database can tell it from any other', () => {
    const [one, other] = [memoryCache(), memoryCache()]
    expect(one.name).toMatch(/^memory:[0-9a-f-]{36}$/)
    expect(one.name).not.toBe(other.name)
  })

  test('lets what was used longest ago go when there is no more room, and never takes more', async () => {
    const cache = memoryCache({ bytesMax: 65_536 })
    const text = 'x'.repeat(10_000)
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) expect(await fill(cache, key, text)).toBe(true)
    expect(await stateOf(cache, 'a')).toBe('value')
    expect(await fill(cache, 'g', text)).toBe(true)
    expect(await stateOf(cache, 'b')).toBe('leased')
    for (const key of ['a', 'c', 'd', 'e', 'f', 'g']) expect([key, await stateOf(cache, key)]).toEqual([key, 'value'])
  })

  test('counts bytes and not characters', async () => {
    const cache = memoryCache({ bytesMax: 65_536 })
    expect(await fill(cache, 'a', '€'.repeat(15_000))).toBe(true)
    expect(await fill(cache, 'b', '€'.repeat(15_000))).toBe(true)
    expect(await stateOf(cache, 'a')).toBe('leased')
  })

  test('forgets what is larger than all of it, the value before included', async () => {
    const cache = memoryCache({ bytesMax: 65_536 })
    expect(await fill(cache, 'a', 'x'.repeat(65_536))).toBe(false)
    expect(await stateOf(cache, 'a')).toBe('leased')
  })

  test('lets values, leases and intents end to the millisecond, each after its time', async () => {
    let now = 5
    const cache = memoryCache({ elapsedMs: () => now, ttlMs: 10_000, leaseMs: 2_000, intentMs: 3_000 })
    await fill(cache, 'value', 'x')
    await cache.find([{ key: 'lease', guard: 'guard' }])
    await cache.intend([{ key: 'intent', guard: 'guard' }])
    now += 1_999
    expect(await stateOf(cache, 'lease')).toBe('busy')
    now += 1
    expect(await stateOf(cache, 'lease')).toBe('leased')
    now += 999
    expect(await stateOf(cache, 'intent')).toBe('busy')
    now += 1
    expect(await stateOf(cache, 'intent')).toBe('leased')
    now += 6_999
    expect(await stateOf(cache, 'value')).toBe('value')
    now += 1
    expect(await stateOf(cache, 'value')).toBe('leased')
  })

  test('refuses room that is none, and a clock that is none', () => {
    for (const bytesMax of [0, 65_535, 1e9 + 0.5, '65536', null]) {
      expect(() => memoryCache({ bytesMax: bytesMax as number })).toThrow(InvalidArgumentError)
    }
    expect(() => memoryCache({ elapsedMs: 5 as unknown as () => number })).toThrow(/options\.elapsedMs must be/)
    expect(() => memoryCache({ bytes: 1 } as object)).toThrow(/options\.bytes must be left out/)
  })
})
