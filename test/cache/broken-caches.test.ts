import { AssertionError } from 'node:assert'
import { expect, test } from 'vitest'
import { memoryCache, type Cache, type CacheFound } from '../../src/index.ts'
import { cacheClaims, runCacheClaim, type CacheBackend } from '../../src/testing/index.ts'

/** What one rule of the contract is broken by: some methods, on top of a cache that keeps all of them. */
type Break = (kept: Cache) => Partial<Cache>

const breaks: Readonly<Record<string, Break>> = {
  'gives a lease to everybody who asks': (kept) => ({
    find: async (lookups) =>
      (await kept.find(lookups)).map(({ entry, guard }, at): CacheFound => {
        const isLeased = entry.state === 'busy' && entry.reason === 'lease'
        return {
          entry: isLeased ? { state: 'leased', token: { key: lookups[at]!.key, incarnation: '1' } } : entry,
          guard,
        }
      }),
  }),
  'stores whatever the token': (kept) => ({
    store: async (values) => {
      const intended = await kept.intend(values.map(({ token: { key } }) => ({ key, guard: 'none' })))
      const tokens = intended.map((one) => (one.isAcknowledged ? one.token : null))
      return kept.store(values.map(({ text }, at) => ({ token: tokens[at]!, text })))
    },
  }),
  'stores where nothing lies': (kept) => ({
    store: async (values) => {
      const stored = await kept.store(values)
      for (const [at, { token, text }] of values.entries()) {
        const [found] = await kept.find([{ key: token.key, guard: token.key }])
        if (found?.entry.state === 'leased')
          stored[at] = (await kept.store([{ token: found.entry.token, text }]))[0] === true
      }
      return stored
    },
  }),
  'acknowledges an intent and leaves the value': (kept) => ({
    intend: async (lookups) =>
      (await kept.find(lookups)).map(({ entry }) => ({
        isAcknowledged: true,
        token: entry.state === 'leased' || entry.state === 'value' ? entry.token : null,
        before: entry.state === 'value' ? entry.text : null,
        guard: null,
        incarnation: '1',
      })),
  }),
  'keeps the value before to itself': (kept) => ({
    intend: async (lookups) =>
      (await kept.intend(lookups)).map((one) => (one.isAcknowledged ? { ...one, before: null } : one)),
  }),
  'keeps the guard to itself': (kept) => ({
    intend: async (lookups) =>
      (await kept.intend(lookups)).map((one) => (one.isAcknowledged ? { ...one, guard: null } : one)),
  }),
  'takes a lease on the guard of an intent': (kept) => ({
    intend: async (lookups) => {
      await kept.find(lookups)
      return kept.intend(lookups)
    },
  }),
  'leaves the guard as it is': (kept) => ({
    intendGuard: async (guard) => kept.intendGuard(`${guard}:other`),
  }),
  'releases what is not its own': (kept) => ({
    release: async (tokens) => {
      await kept.remove(tokens.map(({ key }) => key))
    },
  }),
  'releases nothing': () => ({ release: async () => undefined }),
  'says that it has removed': () => ({ remove: async (keys) => keys.map(() => true) }),
  'believes that what is known is still there': (kept) => ({
    find: async (lookups) =>
      (await kept.find(lookups)).map((found, at): CacheFound => {
        const { known } = lookups[at]!
        return known === undefined ? found : { ...found, entry: { state: 'known', token: known } }
      }),
  }),
  'answers in another order': (kept) => ({
    find: async (lookups) => (await kept.find([...lookups].reverse())).reverse().sort(byText),
  }),
  'answers only so many': (kept) => ({ find: async (lookups) => kept.find(lookups.slice(0, 100)) }),
  'carries out a call after the next one': (kept) => ({
    intend: async (lookups) => {
      await Promise.resolve()
      return kept.intend(lookups)
    },
  }),
  'forgets what is not ASCII': (kept) => ({
    store: async (values) =>
      kept.store(values.map(({ token, text }) => ({ token, text: Buffer.from(text, 'latin1').toString('latin1') }))),
  }),
  'stores what is too large': () => ({ ...methodsOf(memoryCache({ valueBytesMax: 10_000_000 })) }),
}

test.each(Object.entries(breaks))('a cache that %s is told by the claims', async (_what, breakIt) => {
  const backend: CacheBackend = {
    name: 'broken',
    create: async (options) => {
      const kept = memoryCache(options)
      const broken: Cache = { ...methodsOf(kept), ...breakIt(kept) }
      return { cache: () => broken, end: async () => undefined }
    },
  }
  const claims = cacheClaims.filter(({ isAboutDeath }) => isAboutDeath !== true)
  const found: unknown[] = []
  for (const claim of claims) {
    await runCacheClaim(claim, backend).catch((error: unknown) => found.push(error))
    if (found.length > 0) break
  }
  expect(found[0]).toBeInstanceOf(AssertionError)
})

/** A cache as a plain object, so that some of its methods can be replaced. */
function methodsOf(cache: Cache): Cache {
  return {
    kind: cache.kind,
    location: cache.location,
    name: cache.name,
    settings: cache.settings,
    find: (lookups) => cache.find(lookups),
    intend: (lookups) => cache.intend(lookups),
    intendGuard: (guard) => cache.intendGuard(guard),
    store: (values) => cache.store(values),
    release: (tokens) => cache.release(tokens),
    remove: (keys) => cache.remove(keys),
    close: () => cache.close(),
  }
}

function byText(one: CacheFound, other: CacheFound): number {
  const textOf = ({ entry }: CacheFound): string => (entry.state === 'value' ? entry.text : '')
  return textOf(one) < textOf(other) ? -1 : 1
}
