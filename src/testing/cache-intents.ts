import assert from 'node:assert/strict'
import { acknowledged, isBusy, leasedIn, valueIn, type CacheClaim } from './cache-claim.ts'

/** What a writer does. */
export const cacheIntents: readonly CacheClaim[] = [
  {
    title: 'an intent takes the place of a value, tells it, and keeps readers away',
    run: async (context) => {
      await context.fillGuard('7')
      await context.fill('a', 'old')
      const { before, guard, token, incarnation } = await context.intend('a')
      assert.deepEqual([before, guard, token?.key], ['old', '7', context.key('a')])
      assert.equal(token?.incarnation, incarnation)
      isBusy(await context.look('a'), 'intent')
      isBusy(await context.look('a', context.other), 'intent')
    },
  },
  {
    title: 'an intent tells no value where there was a lease, an intent or nothing, and no guard likewise',
    run: async (context) => {
      assert.deepEqual(told(await context.intend('empty')), [null, null])
      await context.find('leased')
      assert.deepEqual(told(await context.intend('leased')), [null, null])
      assert.deepEqual(told(await context.intend('leased', context.other)), [null, null])
      await context.cache.intendGuard(context.guard)
      assert.deepEqual(told(await context.intend('leased')), [null, null])
    },
  },
  {
    title: 'an intent belongs to the same life as what is found',
    run: async (context) => {
      const { incarnation } = await context.lease('a')
      assert.equal((await context.intend('a')).incarnation, incarnation)
    },
  },
  {
    title: 'an intent takes no lease on the guard',
    run: async (context) => {
      await context.intend('a')
      leasedIn((await context.find('b', context.other)).guard)
    },
  },
  {
    title: 'an intent becomes the new value by its own token',
    run: async (context) => {
      await context.fill('a', 'old')
      const { token } = await context.intend('a')
      assert.ok(token)
      assert.equal(await context.store(token, 'new'), true)
      valueIn(await context.look('a', context.other), 'new')
    },
  },
  {
    title: 'of two writers only the one who came last publishes, and the first removes nothing of hers',
    run: async (context) => {
      const first = await context.intend('a')
      const second = await context.intend('a', context.other)
      assert.ok(first.token)
      assert.ok(second.token)
      assert.equal(await context.store(first.token, 'first'), false)
      await context.cache.release([first.token])
      isBusy(await context.look('a'), 'intent')
      assert.equal(await context.store(second.token, 'second', context.other), true)
      valueIn(await context.look('a'), 'second')
    },
  },
  {
    title: 'intents on many keys are answered in the order of the question, each with what was there',
    run: async (context) => {
      const lookups = Array.from({ length: 300 }, (_, nth) => ({ key: context.key(`a${nth}`), guard: context.guard }))
      await context.fillGuard('guard')
      for (let nth = 0; nth < 300; nth += 50) await context.fill(`a${nth}`, `${nth}`)
      const intended = (await context.cache.intend(lookups)).map(acknowledged)
      assert.deepEqual(
        intended.map(({ token, before, guard }) => [token?.key, before, guard]),
        lookups.map(({ key }, nth) => [key, nth % 50 === 0 ? `${nth}` : null, 'guard']),
      )
      const found = await context.other.find(lookups)
      for (const { entry } of found) isBusy(entry, 'intent')
    },
  },
  {
    title: 'an intent on a guard takes the place of every copy of it',
    run: async (context) => {
      await context.fillGuard('7')
      const tokens = await context.other.intendGuard(context.guard)
      assert.ok(tokens !== null && tokens.length > 0)
      const lookups = Array.from({ length: 50 }, (_, nth) => ({ key: context.key(`a${nth}`), guard: context.guard }))
      for (const { guard } of await context.cache.find(lookups)) isBusy(guard, 'intent')
      await context.other.store(tokens.map((token) => ({ token, text: '8' })))
      for (const { guard } of await context.cache.find(lookups)) valueIn(guard, '8')
    },
  },
  {
    title: 'what is removed is gone, whatever it was, and removing nothing is fine',
    run: async (context) => {
      await context.fill('value', 'text')
      await context.find('lease')
      await context.intend('intent')
      const names = ['value', 'lease', 'intent', 'nothing']
      assert.deepEqual(
        await context.other.remove(names.map((name) => context.key(name))),
        names.map(() => true),
      )
      for (const name of names) leasedIn(await context.look(name))
    },
  },
  {
    title: 'calls are carried out in the order in which they were made',
    run: async (context) => {
      const { cache, guard } = context
      const key = context.key('a')
      for (let time = 0; time < 20; time += 1) {
        const intended = cache.intend([{ key, guard }])
        const busy = cache.find([{ key, guard }])
        const removed = cache.remove([key])
        const found = cache.find([{ key, guard }])
        const again = cache.intend([{ key, guard }])
        const last = cache.find([{ key, guard }])
        acknowledged((await intended)[0])
        isBusy((await busy)[0]!.entry, 'intent')
        assert.deepEqual(await removed, [true])
        // It may look for its lease later.
        const { entry } = (await found)[0]!
        if (entry.state === 'busy') isBusy(entry, 'intent')
        else leasedIn(entry)
        acknowledged((await again)[0])
        isBusy((await last)[0]!.entry, 'intent')
        await cache.remove([key])
      }
    },
  },
]

function told({ before, guard }: { readonly before: string | null; readonly guard: string | null }) {
  return [before, guard]
}
