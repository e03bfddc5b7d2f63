import KeyvRedis from '@keyv/redis'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import type { AccountReader } from './account-reader.ts'

/** Reads a whole account from the database: item ids and quantities as decimal text, as JSON has no bigint. */
export type LoadAccount = (user: number) => Promise<Record<string, string>>

const keptMs = 60 * 60 * 1000

/** The package cache-manager with one store, `wrap` around what loads an account, as its page says. */
export function cacheManagerReader(redisUrl: string, load: LoadAccount): AccountReader {
  const cache =
    redisUrl === ''
      ? createCache({ ttl: keptMs })
      : createCache({ ttl: keptMs, stores: [new Keyv({ store: new KeyvRedis(redisUrl) })] })
  return readerOf(
    'cache-manager',
    (user) => cache.wrap(`account:${user}`, () => load(user)),
    () => cache.disconnect(),
  )
}

/** The package bentocache with one level, `getOrSet` around what loads an account, as its page says. */
export function bentoCacheReader(redisUrl: string, load: LoadAccount): AccountReader {
  const { hostname, port } = redisUrl === '' ? { hostname: '', port: '' } : new URL(redisUrl)
  const store =
    redisUrl === ''
      ? bentostore().useL1Layer(memoryDriver({ maxItems: 100_000 }))
      : bentostore().useL2Layer(redisDriver({ connection: { host: hostname, port: Number(port) } }))
  const cache = new BentoCache({ default: 'accounts', ttl: keptMs, stores: { accounts: store } })
  return readerOf(
    'bentocache',
    (user) => cache.getOrSet({ key: `account:${user}`, factory: () => load(user) }),
    () => cache.disconnectAll(),
  )
}

function readerOf(name: string, read: LoadAccount, close: () => Promise<unknown>): AccountReader {
  return {
    name,
    async get(user, item) {
      return BigInt((await read(user))[item] ?? 0)
    },
    async all(user) {
      return new Map(Object.entries(await read(user)).map(([item, quantity]) => [item, BigInt(quantity)]))
    },
    async [Symbol.asyncDispose]() {
      await close()
    },
  }
}
