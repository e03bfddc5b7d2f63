import assert from 'node:assert/strict'
import type { CacheToken } from '../index.ts'
import { isBusy, leasedIn, valueIn, type CacheClaim, type CacheContext } from './cache-claim.ts'

/** Checks that a token fits nothing any more: it neither stores nor removes. */
async function isDead(context: CacheContext, token: CacheToken): Promise<void> {
  assert.equal(await context.store(token, 'by a dead token'), false)
  await context.cache.release([token])
}

/** What a token can do, and when it no longer can. */
export const cacheTokens: readonly CacheClaim[] = [
  {
    title: 'a lease stores once',
    run: async (context) => {
      const token = await context.lease('a')
      assert.equal(await context.store(token, 'first'), true)
      await isDead(context, token)
      valueIn(await context.look('a'), 'first')
    },
  },
  {
    title: 'of two who store with the same token at the same time exactly one does',
    run: async (context) => {
      const token = await context.lease('a')
      const stored = await Promise.all([context.store(token, 'x'), context.store(token, 'y')])
      assert.notEqual(stored[0], stored[1])
      valueIn(await context.look('a'), stored[0] ? 'x' : 'y')
    },
  },
  {
    title: 'a value is replaced by who knows its token, and by nobody else any more',
    run: async (context) => {
      await context.fill('a', 'old')
      const [mine, others] = [
        valueIn(await context.look('a'), 'old'),
        valueIn(await context.look('a', context.other), 'old'),
      ]
      assert.equal(await context.store(mine, 'new'), true)
      assert.equal(await context.store(others, 'newer', context.other), false)
      valueIn(await context.look('a'), 'new')
    },
  },
  {
    title: 'an intent ends a lease: who read before it stores nothing',
    run: async (context) => {
      const token = await context.lease('a')
      await context.intend('a', context.other)
      await isDead(context, token)
      isBusy(await context.look('a'), 'intent')
    },
  },
  {
    title: 'a lease that was removed never fits the lease after it',
    run: async (context) => {
      const token = await context.lease('a')
      assert.deepEqual(await context.other.remove([context.key('a')]), [true])
      const next = await context.lease('a', context.other)
      await isDead(context, token)
      isBusy(await context.look('a'), 'lease')
      assert.equal(await context.store(next, 'new', context.other), true)
    },
  },
  {
    title: 'a token whose entry is gone puts nothing under the empty key',
    run: async (context) => {
      const token = await context.lease('a')
      await context.other.remove([context.key('a')])
      await isDead(context, token)
      leasedIn(await context.look('a'))
    },
  },
  {
    title: 'release removes what is one’s own, be it a lease, an intent or a value',
    run: async (context) => {
      const lease = await context.lease('a')
      await context.cache.release([lease])
      const { token: intent } = await context.intend('a')
      assert.ok(intent)
      await context.cache.release([intent])
      await context.fill('a', 'text')
      await context.cache.release([valueIn(await context.look('a'), 'text')])
      leasedIn(await context.look('a'))
    },
  },
  {
    title: "release leaves what is somebody else's",
    run: async (context) => {
      const [one, other] = [await context.lease('a'), await context.lease('b')]
      await context.other.remove([context.key('a')])
      await context.fill('a', 'new', context.other)
      await context.intend('b', context.other)
      await context.cache.release([one, other])
      valueIn(await context.look('a'), 'new')
      isBusy(await context.look('b'), 'intent')
    },
  },
  {
    title: 'many are stored and released at once, each by its own token',
    run: async (context) => {
      const names = Array.from({ length: 300 }, (_, nth) => `a${nth}`)
      const lookups = names.map((name) => ({ key: context.key(name), guard: context.guard }))
      const tokens = (await context.cache.find(lookups)).map(({ entry }) => leasedIn(entry))
      await context.other.intend(lookups.filter((_lookup, nth) => nth % 3 === 0))
      const stored = await context.cache.store(tokens.map((token, nth) => ({ token, text: `${nth}` })))
      assert.deepEqual(
        stored,
        names.map((_name, nth) => nth % 3 !== 0),
      )
      const values = (await context.cache.find(lookups)).flatMap(({ entry }) =>
        entry.state === 'value' ? [entry.token] : [],
      )
      assert.equal(values.length, 200)
      await context.cache.release(values)
      const after = await context.cache.find(lookups)
      after.forEach(({ entry }, nth) => (nth % 3 === 0 ? isBusy(entry, 'intent') : leasedIn(entry)))
    },
  },
  {
    title: 'a value that is larger than allowed is not stored, one of just that size is',
    options: { valueBytesMax: 2_000 },
    run: async (context) => {
      for (const text of ['x'.repeat(2_001), '€'.repeat(667), '🌾'.repeat(501)]) {
        const token = await context.lease('a')
        assert.equal(await context.store(token, text), false)
        assert.notEqual((await context.look('a')).state, 'value')
        await context.cache.remove([context.key('a')])
      }
      for (const text of ['x'.repeat(2_000), '€'.repeat(666), '🌾'.repeat(500)]) {
        await context.fill('a', text)
        valueIn(await context.look('a'), text)
        await context.cache.remove([context.key('a')])
      }
    },
  },
]
