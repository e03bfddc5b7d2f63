import assert from 'node:assert/strict'
import { isBusy, leasedIn, valueIn, type CacheClaim } from './cache-claim.ts'

const oddTexts = [
  '',
  ' ',
  'x',
  'END\r\n',
  'VA 2 s2 c5\r\nhi\r\nEN\r\n',
  '$-1\r\n',
  '+',
  'k',
  'L000000000000000000000000',
  'line\nline\r\n\0\t"quoted" \\ \u0001',
  'grün, 日本語, 🌾',
  'ü'.repeat(50_000),
  'x'.repeat(900_000),
]

/** What a reader finds. */
export const cacheFinds: readonly CacheClaim[] = [
  {
    title: 'a key under which nothing lies is leased to the one who asks, and its guard likewise',
    run: async (context) => {
      const { entry, guard } = await context.find('a')
      const [token, guardToken] = [leasedIn(entry), leasedIn(guard)]
      assert.deepEqual([token.key, guardToken.key], [context.key('a'), context.guard])
      assert.match(token.incarnation, /^\S+$/)
      assert.equal(guardToken.incarnation, token.incarnation)
    },
  },
  {
    title: "nobody else gets a lease while it lasts, and the holder doesn't get it twice",
    run: async (context) => {
      await context.find('a')
      for (const cache of [context.other, context.cache]) {
        const { entry, guard } = await context.find('a', cache)
        isBusy(entry, 'lease')
        isBusy(guard, 'lease')
      }
    },
  },
  {
    title: 'of many who ask at the same time exactly one gets the lease',
    run: async (context) => {
      const { cache, other } = context
      const asked = Array.from({ length: 30 }, (_, nth) => context.look('a', nth % 2 === 0 ? cache : other))
      const states = (await Promise.all(asked)).map(({ state }) => state)
      assert.deepEqual([...states].sort(), [...Array<string>(29).fill('busy'), 'leased'])
    },
  },
  {
    title: 'a value is found by everybody as it was stored, whatever is in it',
    run: async (context) => {
      for (const [nth, text] of oddTexts.entries()) {
        await context.fill(`a${nth}`, text)
        valueIn(await context.look(`a${nth}`), text)
        valueIn(await context.look(`a${nth}`, context.other), text)
      }
    },
  },
  {
    title: 'keys may be of any ASCII characters but blanks, 1 to 250 of them',
    run: async (context) => {
      const ascii = String.fromCharCode(...Array.from({ length: 94 }, (_, nth) => 33 + nth))
      const start = context.key('')
      const keys = [`${start}${ascii}`, start.padEnd(250, 'x'), start.padEnd(249, 'x'), `${start}{a}b`, `${start}{b}a`]
      const lookups = keys.map((key) => ({ key, guard: context.guard }))
      const leased = (await context.cache.find(lookups)).map(({ entry }) => leasedIn(entry))
      assert.deepEqual(
        leased.map(({ key }) => key),
        keys,
      )
      await context.cache.store(leased.map((token, nth) => ({ token, text: `${nth}` })))
      const found = await context.other.find(lookups)
      found.forEach(({ entry }, nth) => valueIn(entry, `${nth}`))
      const [single] = await context.cache.find([{ key: '~', guard: context.guard }])
      assert.notDeepEqual(single?.entry, { state: 'busy', reason: 'unreachable' })
    },
  },
  {
    title: 'any number of keys is answered in the order of the question, each with its guard',
    run: async (context) => {
      const names = Array.from({ length: 1_000 }, (_, nth) => `a${nth}`)
      const lookups = names.map((name) => ({ key: context.key(name), guard: context.guard }))
      await context.fillGuard('guard')
      const leased = (await context.cache.find(lookups)).map(({ entry }) => leasedIn(entry))
      const even = leased.filter((_token, nth) => nth % 2 === 0)
      const stored = await context.cache.store(even.map((token) => ({ token, text: token.key })))
      assert.ok(stored.every((isStored) => isStored))
      const found = await context.other.find(lookups)
      assert.equal(found.length, 1_000)
      found.forEach(({ entry, guard }, nth) => {
        valueIn(guard, 'guard')
        if (nth % 2 === 0) valueIn(entry, context.key(names[nth]!))
        else isBusy(entry, 'lease')
      })
    },
  },
  {
    title: 'guards of their own are told apart in one question',
    run: async (context) => {
      const [one, other] = [context.key('one'), context.key('other')]
      for (const guard of [one, other]) {
        const tokens = await context.cache.intendGuard(guard)
        await context.cache.store((tokens ?? []).map((token) => ({ token, text: guard })))
      }
      const guards = [one, other, other, one]
      const found = await context.cache.find(guards.map((guard, nth) => ({ key: context.key(`a${nth}`), guard })))
      found.forEach(({ guard }, nth) => valueIn(guard, guards[nth]!))
    },
  },
  {
    title: 'a value whose token is known is still there, and need not be sent again',
    run: async (context) => {
      await context.fill('a', 'text')
      const token = valueIn(await context.look('a', context.other), 'text')
      for (let time = 0; time < 2; time += 1) {
        const again = await context.look('a', context.other, token)
        if (again.state === 'known') assert.deepEqual(again.token, token)
        else valueIn(again, 'text')
      }
    },
  },
  {
    title: 'a value that took the place of the known one is sent, even where the text is the same',
    run: async (context) => {
      await context.fill('a', 'text')
      const token = valueIn(await context.look('a'), 'text')
      const { token: intent } = await context.intend('a', context.other)
      isBusy(await context.look('a', context.cache, token), 'intent')
      assert.ok(intent)
      await context.store(intent, 'text', context.other)
      const next = valueIn(await context.look('a', context.cache, token), 'text')
      assert.equal(await context.store(token, 'by the old token'), false)
      await context.cache.remove([context.key('a')])
      leasedIn(await context.look('a', context.cache, next))
    },
  },
  {
    title: 'a token that is known of another key fits nothing',
    run: async (context) => {
      await context.fill('a', 'one')
      await context.fill('b', 'other')
      const token = valueIn(await context.look('a'), 'one')
      valueIn(await context.look('b', context.cache, token), 'other')
      leasedIn(await context.look('c', context.cache, token))
    },
  },
  {
    title: 'nothing is answered where nothing is asked',
    run: async ({ cache }) => {
      assert.deepEqual(await cache.find([]), [])
      assert.deepEqual(await cache.intend([]), [])
      assert.deepEqual(await cache.store([]), [])
      assert.deepEqual(await cache.remove([]), [])
      await cache.release([])
    },
  },
]
