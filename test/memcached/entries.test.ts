import fc from 'fast-check'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { Cache } from '../../src/cache/contract.ts'
import { memcached } from '../../src/cache/memcached/index.ts'
import { MemcachedToken } from '../../src/cache/memcached/token.ts'
import { startMemcached } from '../servers/memcached.ts'
import { say } from '../servers/say.ts'
import type { Server } from '../servers/server.ts'
import { fill, guard, intend, lease, look, lookupOf } from './lookups.ts'

let server: Server
let cache: Cache
let other: Cache

beforeEach(async () => {
  server = await startMemcached()
  cache = memcached(server.url)
  other = memcached(server.url)
})

afterEach(async () => {
  await Promise.all([cache.close(), other.close()])
  await server.stop()
})

async function statistic(name: string): Promise<number> {
  return Number(new RegExp(`STAT ${name} (\\d+)`).exec(await say(server, 'stats\r\n'))?.[1])
}

test('a value is there for everybody once the holder of the lease has stored it', async () => {
  const token = await lease(cache, 'a')
  expect(await look(other, 'a')).toEqual({ state: 'busy', reason: 'lease' })
  expect(await cache.store([{ token, text: 'grüße €' }])).toEqual([true])
  expect(await look(other, 'a')).toMatchObject({ state: 'value', text: 'grüße €' })
  expect(await cache.store([{ token, text: 'again' }])).toEqual([false])
})

test('an intent ends the lease before it, and tells the value that it replaces, with its guard', async () => {
  const token = await lease(cache, 'a')
  expect(await intend(other, 'a')).toMatchObject({ isAcknowledged: true, before: null, guard: null })
  expect(await cache.store([{ token, text: 'late' }])).toEqual([false])
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'intent' })

  const [leased] = await cache.find([{ key: 'b', guard: 'stock:plants' }])
  if (leased?.entry.state !== 'leased' || leased.guard.state !== 'leased') throw new Error('no leases')
  const stored = [leased.entry, leased.guard].map((entry, index) => ({ token: entry.token, text: `text ${index}` }))
  expect(await cache.store(stored)).toEqual([true, true])
  const [intended] = await other.intend([{ key: 'b', guard: 'stock:plants' }])
  expect(intended).toMatchObject({ isAcknowledged: true, before: 'text 0', guard: 'text 1' })
})

test('only the newest intent can be replaced by its value', async () => {
  const first = await intend(cache, 'a')
  const second = await intend(other, 'a')
  if (!first.isAcknowledged || !second.isAcknowledged) throw new Error('no intents')
  if (first.token === null || second.token === null) throw new Error('no tokens')
  expect(await cache.store([{ token: first.token, text: '1' }])).toEqual([false])
  expect(await other.store([{ token: second.token, text: '2' }])).toEqual([true])
  expect(await look(cache, 'a')).toMatchObject({ text: '2' })
})

test('a released lease is free for the next reader, and a late release takes nothing away', async () => {
  const token = await lease(cache, 'a')
  await cache.release([token])
  await fill(other, 'a', 'theirs')
  await cache.release([token])
  expect(await look(cache, 'a')).toMatchObject({ state: 'value', text: 'theirs' })
})

test('a removed key is free, whether there was anything or not', async () => {
  await fill(cache, 'a', 'x')
  expect(await cache.remove(['a', 'nothing'])).toEqual([true, true])
  await lease(other, 'a')
})

test('a known value is not sent again, a changed one is, and a removed one leaves its lease', async () => {
  await fill(cache, 'a', 'x'.repeat(100_000))
  const entry = await look(cache, 'a')
  if (entry.state !== 'value') throw new Error('no value')
  const before = await statistic('bytes_written')
  expect(await look(cache, 'a', entry.token)).toEqual({ state: 'known', token: entry.token })
  // Besides the answer there are those to the two questions for statistics.
  expect((await statistic('bytes_written')) - before).toBeLessThan(10_000)

  await intend(other, 'a')
  expect(await look(cache, 'a', entry.token)).toEqual({ state: 'busy', reason: 'intent' })
  await other.remove(['a'])
  await fill(other, 'a', 'y')
  const [changed, absent] = await cache.find([lookupOf('a', entry.token), lookupOf('b')])
  expect(changed).toMatchObject({ entry: { state: 'value', text: 'y' } })
  expect(absent).toMatchObject({ entry: { state: 'leased' } })
  await other.remove(['a'])
  expect(await look(cache, 'a', entry.token)).toMatchObject({ state: 'leased' })
})

test('a token of another connection is worth nothing, even where its CAS id fits', async () => {
  const token = await lease(cache, 'a')
  expect(await look(other, 'a')).toEqual({ state: 'busy', reason: 'lease' })
  expect(await other.store([{ token, text: 'stolen' }])).toEqual([false])
  await other.release([token])
  expect(await look(other, 'a', token)).toEqual({ state: 'busy', reason: 'lease' })
  expect(await other.store([{ token: { key: 'a', incarnation: token.incarnation }, text: 'forged' }])).toEqual([false])
  expect(await cache.store([{ token, text: 'mine' }])).toEqual([true])
})

test('all keys are read before their guards, and each guard once, whoever asks in one turn', async () => {
  await lease(cache, 'warm')
  const before = await statistic('cmd_get')
  const lookups = ['a', 'b', 'c'].map((key) => lookupOf(key))
  const [found] = await Promise.all([
    cache.find(lookups),
    cache.find([lookupOf('d')]),
    cache.find([{ key: 'e', guard: 'stock:plants' }]),
  ])
  expect((await statistic('cmd_get')) - before).toBe(5 + 2)
  expect(found.map(({ guard: { state } }) => state)).toEqual(['busy', 'busy', 'busy'])
})

test('what one process asks is carried out in the order in which it asked', async () => {
  await fill(cache, 'a', 'x')
  const [found, intended, after, removed, empty] = await Promise.all([
    look(cache, 'a'),
    intend(cache, 'a'),
    look(cache, 'a'),
    cache.remove(['a']),
    look(cache, 'a'),
  ])
  expect(found).toMatchObject({ state: 'value' })
  expect(intended).toMatchObject({ isAcknowledged: true, before: 'x' })
  expect(after).toEqual({ state: 'busy', reason: 'intent' })
  expect(removed).toEqual([true])
  expect(empty).toMatchObject({ state: 'leased' })
})

test('any key of the allowed ones, with any text, is kept as it is', async () => {
  const anyKey = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 240,
  })
  const anyEntries = fc.uniqueArray(fc.tuple(anyKey, fc.string({ unit: 'grapheme', maxLength: 400 })), {
    selector: ([key]) => key,
    minLength: 1,
    maxLength: 20,
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyEntries, async (entries) => {
      run++
      const lookups = entries.map(([key]) => ({ key: `${run}:${key}`, guard }))
      const found = await cache.find(lookups)
      const values = found.flatMap(({ entry }, index) =>
        entry.state === 'leased' ? [{ token: entry.token, text: entries[index]?.[1] ?? '' }] : [],
      )
      expect(await cache.store(values)).toEqual(entries.map(() => true))
      const texts = (await other.find(lookups)).map(({ entry }) => (entry.state === 'value' ? entry.text : entry.state))
      expect(texts).toEqual(entries.map(([, text]) => text))
    }),
    { numRuns: 40 },
  )
})

test.each(['', 'a b', 'a\r\nflush_all', 'ä', 'x'.repeat(251)])(
  'a key that can’t be one is never sent: %j',
  async (key) => {
    expect(() => cache.find([lookupOf(key)])).toThrow()
    expect(() => cache.intend([lookupOf(key)])).toThrow()
    expect(() => cache.remove([key])).toThrow()
  },
)

test('CAS ids and leases are as the server of the whole run gives them', async () => {
  await using shared = { cache: memcached(inject('memcachedUrl')), [Symbol.asyncDispose]: () => shared.cache.close() }
  const token = await lease(shared.cache, `probe-${process.pid}`)
  expect(token).toBeInstanceOf(MemcachedToken)
  expect(token.incarnation).toMatch(/^\d+\.\d+$/)
  await shared.cache.release([token])
})
