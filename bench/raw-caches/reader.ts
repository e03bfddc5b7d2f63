import type { AccountReader } from '../account-reader.ts'
import type { RawCache } from './raw-cache.ts'

/**
 * What a raw client reads, taken apart with as little as an answer takes: of the one line that is asked for a bigint, or of every line, in a
 * map. The texts are those that Stockpile has stored, under keys of as many characters.
 */
export async function rawReader(cache: RawCache, texts: ReadonlyMap<number, string>): Promise<AccountReader> {
  await Promise.all([...texts].map(([user, text]) => cache.set(keyOf(user), text)))
  const textOf = async (user: number): Promise<string> => {
    const text = await cache.get(keyOf(user))
    if (text === null) throw new Error(`the cache has lost account ${user}: the run is void`)
    return text
  }
  return {
    name: 'raw client',
    async get(user, item) {
      const text = await textOf(user)
      const start = text.indexOf(`\n${item}\t`)
      if (start === -1) return 0n
      const from = text.indexOf('\t', start) + 1
      return BigInt(text.slice(from, text.indexOf('\t', from)))
    },
    async all(user) {
      const text = await textOf(user)
      const items = new Map<string, bigint>()
      const start = text.indexOf('\n') + 1
      for (const line of text.slice(start, text.indexOf('\n\n', start)).split('\n')) {
        const [item = '', quantity = ''] = line.split('\t', 2)
        items.set(item, BigInt(quantity))
      }
      return items
    },
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  }
}

function keyOf(user: number): string {
  return `raw-client-00000000:bench:${user}`
}
