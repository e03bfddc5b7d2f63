import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CacheEntry } from '../index.ts'
import { acknowledged, isBusy, leasedIn, valueIn, type CacheClaim, type CacheContext } from './cache-claim.ts'

const patienceMs = 20_000

/** Asks until the answer is as it should be, and gives up after a long time. */
async function until(
  ask: () => Promise<CacheEntry>,
  isIt: (entry: CacheEntry) => boolean,
): Promise<{ entry: CacheEntry; tookMs: number }> {
  const startMs = performance.now()
  for (;;) {
    const entry = await ask()
    const tookMs = performance.now() - startMs
    if (isIt(entry)) return { entry, tookMs }
    assert.ok(tookMs < patienceMs, `it still is ${JSON.stringify(entry)}`)
    await nextTurn()
  }
}

/** Asks until the place answers again. */
async function untilReached(context: CacheContext, name: string, cache = context.cache): Promise<CacheEntry> {
  const isReached = (entry: CacheEntry): boolean => entry.state !== 'busy' || entry.reason !== 'unreachable'
  return (await until(() => context.look(name, cache), isReached)).entry
}

/** How entries end, and caches. */
export const cacheLives: readonly CacheClaim[] = [
  {
    title: 'values, leases and intents end by themselves, and their tokens with them',
    options: { ttlMs: 3_000, leaseMs: 2_000, intentMs: 2_000 },
    run: async (context) => {
      await context.fill('value', 'text')
      const value = valueIn(await context.look('value'), 'text')
      const lease = await context.lease('lease')
      const { token: intent } = await context.intend('intent')
      assert.ok(intent)
      for (const name of ['lease', 'intent', 'value']) {
        const { tookMs } = await until(
          () => context.look(name, context.other),
          ({ state }) => state === 'leased',
        )
        // A server may count whole seconds, and have begun one before.
        assert.ok(tookMs < 5_000, `${name} took ${tookMs} ms to end`)
      }
      for (const token of [value, lease, intent]) assert.equal(await context.store(token, 'late'), false)
    },
  },
  {
    title: 'everybody in the same place has the same name for it, which is no secret',
    run: async ({ cache, other }) => {
      assert.equal(cache.name, other.name)
      assert.ok(cache.name.startsWith(`${cache.kind}:`))
      assert.match(cache.name, /^\S{3,}$/)
      assert.equal(cache.location, other.location)
      for (const text of [cache.name, cache.location]) assert.doesNotMatch(text, /:[^:@/]*@/)
    },
  },
  {
    title: 'nothing is to be had of a dead cache, and nothing hangs',
    isAboutDeath: true,
    run: async (context) => {
      const { cache, guard } = context
      const key = context.key('a')
      await context.fill('a', 'text')
      const value = valueIn(await context.look('a'), 'text')
      await context.mortal.kill()
      for (let time = 0; time < 3; time += 1) {
        const found = await context.find('a')
        isBusy(found.entry, 'unreachable')
        isBusy(found.guard, 'unreachable')
        assert.equal((await cache.intend([{ key, guard }]))[0]?.isAcknowledged, false)
        assert.equal(await cache.intendGuard(guard), null)
        assert.equal(await context.store(value, 'new'), false)
        assert.deepEqual(await cache.remove([key]), [false])
        await cache.release([value])
      }
    },
  },
  {
    title: 'a cache that comes back is used again, in another life: nothing of the last one is true in it',
    isAboutDeath: true,
    run: async (context) => {
      await context.fill('value', 'text')
      const value = valueIn(await context.look('value'), 'text')
      const lease = await context.lease('lease')
      const { token: intent } = await context.intend('intent')
      assert.ok(intent)
      await context.mortal.kill()
      await context.mortal.restart()
      const next = leasedIn(await untilReached(context, 'value'))
      assert.notEqual(next.incarnation, value.incarnation)
      for (const name of ['lease', 'intent']) leasedIn(await context.look(name))
      for (const token of [value, lease, intent]) {
        assert.equal(await context.store(token, 'of another life'), false)
        await context.cache.release([token])
      }
      for (const name of ['value', 'lease', 'intent']) isBusy(await context.look(name), 'lease')
      assert.equal(await context.store(next, 'new'), true)
      valueIn(await context.look('value', context.cache, value), 'new')
    },
  },
  {
    title: 'a cache that was away unnoticed is in another life as well',
    isAboutDeath: true,
    run: async (context) => {
      await context.fill('a', 'text')
      const value = valueIn(await context.look('a'), 'text')
      await context.mortal.restart()
      await untilReached(context, 'b', context.other)
      await context.intend('a', context.other)
      const entry = await untilReached(context, 'a')
      isBusy(entry, 'intent')
      assert.equal(await context.store(value, 'old'), false)
      const { incarnation } = acknowledged(
        (await context.cache.intend([{ key: context.key('a'), guard: context.guard }]))[0],
      )
      assert.notEqual(incarnation, value.incarnation)
    },
  },
]
