import type { Cache } from '../src/index.ts'
import { around } from './around.ts'

/** A cache that does as it is told, and the last text that was stored for each user of an app. */
export function storedTexts(cache: Cache, app: string): { cache: Cache; texts: ReadonlyMap<number, string> } {
  const texts = new Map<number, string>()
  const store: Cache['store'] = (values) => {
    for (const { token, text } of values) {
      const [, owner, user] = token.key.split(':')
      if (owner === app && user !== undefined) texts.set(Number(user), text)
    }
    return cache.store(values)
  }
  return { cache: around(cache, { store }), texts }
}
