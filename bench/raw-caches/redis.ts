import { createClient } from 'redis'
import type { RawCache } from './raw-cache.ts'

/** The package redis as it is: one connection, GET by GET, which it pipelines by itself. */
export async function rawRedis(url: string): Promise<RawCache> {
  const client = createClient({ url })
  await client.connect()
  return {
    get: (key) => client.get(key),
    async set(key, text) {
      await client.set(key, text)
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}
