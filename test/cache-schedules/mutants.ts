import type { Cache, CacheOptions, Found, Token } from '../../src/cache/contract.ts'
import type { AccountName, HoldingAnswer } from '../../src/storage/contract.ts'
import type { Announcing, WholeAnswer } from '../../src/storage/cached-contract.ts'
import type { UsedStorage } from './named-storage.ts'
import type { PlanSettings } from './plan.ts'
import type { Wiring } from './run-plan.ts'

/** A rule of the protocol that is broken from outside, and plans in which that shows. */
export interface Mutant extends Wiring {
  readonly settings: PlanSettings
}

const quiet: CacheOptions = { waitMs: 0 }
const oneWriter: PlanSettings = { kinds: { read: 4, write: 2 }, options: quiet, starts: ['cached', 'there'] }
const noFaults: PlanSettings = { ...oneWriter, hasFaults: false }
const bulk: PlanSettings = { ...oneWriter, kinds: { read: 4, bulk: 2 } }
const small: PlanSettings = { kinds: { read: 1, write: 1 }, isSmall: true }
const byHand: PlanSettings = { ...oneWriter, kinds: { read: 4, edit: 2, relay: 3 } }

/** Ways to tie the real code to its cache and its database wrongly. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'intents after COMMIT': {
    settings: noFaults,
    storage: (storage) =>
      telling(storage, (told) => ({ announce: async () => [], committed: () => void lateIntents(told) })),
  },
  'new values before COMMIT': {
    settings: { ...oneWriter, kinds: { read: 4, write: 2, transaction: 1 } },
    storage: (storage) =>
      telling(storage, (told) => ({
        announce: async () => {
          const missing = await told.announce()
          told.committed()
          return missing
        },
      })),
  },
  'COMMIT without acknowledged intents': {
    settings: oneWriter,
    cache: (cache) => over(cache, { intend: async (lookups) => (await cache.intend(lookups)).map(acknowledged) }),
  },
  'no intents at all': {
    settings: noFaults,
    cache: (cache) => over(cache, { intend: async (lookups) => lookups.map(() => acknowledged()) }),
  },
  'values published without a token': {
    settings: noFaults,
    cache: (cache) => over(cache, { store: anyway(cache, 'intent') }),
  },
  'values filled without a token': {
    settings: noFaults,
    cache: (cache) => over(cache, { store: anyway(cache, 'lease') }),
  },
  'values filled where nothing lies any more': {
    settings: small,
    cache: (cache) => over(cache, { store: whereNothingLies(cache) }),
  },
  'a lease for everybody': {
    settings: oneWriter,
    cache: (cache) => over(cache, { store: anyway(cache, 'lease'), find: leasingAll(cache) }),
  },
  'fills without a look at the lock': {
    settings: small,
    storage: (storage) => reading(storage, async (accounts) => (await storage.fetchWhole(accounts)).map(unlocked)),
  },
  'a look at the lock after the data': {
    settings: small,
    storage: (storage) =>
      reading(storage, async (accounts) => {
        const [read, probed] = [await storage.fetchWhole(accounts), await storage.fetchWhole(accounts)]
        return read.map((answer, at) => ({ ...answer, isUnlocked: probed[at]!.isUnlocked }))
      }),
  },
  'joining any read that is under way': {
    settings: { ...small, isOneProcess: true, starts: ['there'] },
    storage: (storage) => instead(storage, joiningAny(storage)),
  },
  'a generation that is read after the data': {
    settings: bulk,
    storage: (storage) =>
      reading(storage, async (accounts) => {
        const [read, stamped] = [await storage.fetchWhole(accounts), await storage.fetchWhole(accounts)]
        return read.map((answer, at) => ({ ...answer, generation: stamped[at]!.generation }))
      }),
  },
  'a guard that is filled without a look at its lock': {
    settings: { ...small, kinds: { read: 1, bulk: 1 } },
    storage: (storage) =>
      reading(storage, async (accounts) =>
        (await storage.fetchWhole(accounts)).map((answer) => ({ ...answer, isGenerationUnlocked: true })),
      ),
  },
  'a bulk change without intents on the guard': {
    settings: bulk,
    cache: (cache) => over(cache, { intendGuard: async () => [] }),
  },
  'copies that nobody asks after': {
    settings: { ...noFaults, options: { waitMs: 0, nearBytesMax: 100_000 } },
    cache: (cache) => over(cache, { find: believing(cache) }),
  },
  'a relay that only says that it has removed': {
    settings: { ...byHand, hasFaults: false },
    cache: (cache) => over(cache, { remove: async (keys) => keys.map(() => true) }),
  },
  'a relay that forgets before it has removed': {
    settings: byHand,
    storage: (storage) =>
      instead(storage, {
        takeChanges: async (accountsMax, work) => {
          let taken: readonly AccountName[] = []
          const count = await storage.takeChanges(accountsMax, async (accounts) => {
            taken = accounts
          })
          await work(taken)
          return count
        },
      }),
  },
}

/** The same cache with some other methods. */
function over(cache: Cache, methods: Partial<Cache>): Cache {
  return instead(cache, methods)
}

/** The same object with some other methods. */
function instead<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get: (object, name) => {
      const value: unknown = Reflect.get(name in methods ? methods : object, name)
      return typeof value === 'function' ? value.bind(name in methods ? methods : object) : value
    },
  })
}

function reading(storage: UsedStorage, fetchWhole: UsedStorage['fetchWhole']): UsedStorage {
  return instead(storage, { fetchWhole })
}

/** A storage that hears something else from its batches. */
function telling(storage: UsedStorage, change: (told: Announcing) => Partial<Announcing>): UsedStorage {
  return instead(storage, {
    settle: (request, announcing) =>
      storage.settle(request, announcing ? instead(announcing, change(announcing)) : announcing),
  })
}

async function lateIntents(told: Announcing): Promise<void> {
  await told.announce()
  told.committed()
}

type Intended = Awaited<ReturnType<Cache['intend']>>[number]

function acknowledged(intended?: Intended): Intended {
  if (intended?.isAcknowledged === true) return intended
  return { isAcknowledged: true, token: null, before: null, guard: null, incarnation: '1' }
}

function unlocked(answer: WholeAnswer): WholeAnswer {
  return { ...answer, isUnlocked: answer.version > 0n }
}

/** Stores values whatever lies there, and all others by their token. */
function anyway(cache: Cache, kind: 'intent' | 'lease'): Cache['store'] {
  const intents = new WeakSet<Token>()
  const intend = cache.intend.bind(cache)
  cache.intend = async (lookups) => {
    const intended = await intend(lookups)
    for (const one of intended) if (one.isAcknowledged && one.token !== null) intents.add(one.token)
    return intended
  }
  return async (values) => {
    const isAll = values.every(({ token }) => intents.has(token) === (kind === 'intent'))
    if (!isAll) return cache.store(values)
    const now = await intend(values.map(({ token: { key } }) => ({ key, guard: 'none' })))
    const tokens = now.map((one) => (one.isAcknowledged ? one.token : null))
    return cache.store(values.flatMap(({ text }, at) => (tokens[at] ? [{ token: tokens[at], text }] : [])))
  }
}

function whereNothingLies(cache: Cache): Cache['store'] {
  return async (values) => {
    const stored = await cache.store(values)
    for (const [at, { token, text }] of values.entries()) {
      if (stored[at] === true) continue
      const [found] = await cache.find([{ key: token.key, guard: token.key }])
      if (found?.entry.state === 'leased') stored[at] = (await cache.store([{ token: found.entry.token, text }]))[0]!
    }
    return stored
  }
}

/** Takes what somebody else has a lease on for one's own. */
function leasingAll(cache: Cache): Cache['find'] {
  return async (lookups) =>
    (await cache.find(lookups)).map(({ entry, guard }, at): Found => {
      if (entry.state !== 'busy' || guard.state !== 'value') return { entry, guard }
      const { incarnation } = guard.token
      return { entry: { state: 'leased', token: { key: lookups[at]!.key, incarnation } }, guard }
    })
}

function believing(cache: Cache): Cache['find'] {
  return async (lookups) =>
    (await cache.find(lookups)).map((found, at): Found => {
      const { known } = lookups[at]!
      return known === undefined ? found : { ...found, entry: { state: 'known', token: known } }
    })
}

/** Has whoever asks for an account get the answer of a read of it that is under way. */
function joiningAny(storage: UsedStorage): Pick<UsedStorage, 'fetch' | 'fetchWhole'> {
  const underWay = new Map<string, Promise<HoldingAnswer>>()
  return {
    fetchWhole: async (accounts) => {
      const all = storage.fetchWhole(accounts)
      for (const [at, { user }] of accounts.entries())
        underWay.set(
          user,
          all.then((answers) => answers[at]!).finally(() => underWay.delete(user)),
        )
      return all
    },
    fetch: (queries) =>
      Promise.all(queries.map(async (query) => underWay.get(query.user) ?? (await storage.fetch([query]))[0]!)),
  }
}
