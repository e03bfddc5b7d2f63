import { firstUser } from './stock.ts'

/** Makes numbers from 0 up to 1 that look random and are the same in every run with the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Whose holdings are changed: anybody's alike, or half of the time the same one's. */
export type Skew = 'uniform' | 'half hot'

/**
 * Makes changes: of a random account, by 1 to 5 up or down.
 *
 * @param accounts how many accounts there are
 */
export function workload(
  skew: Skew,
  accounts: number,
  seed: number,
): () => { readonly user: number; readonly by: number } {
  const random = seeded(seed)
  return () => {
    const isHot = skew === 'half hot' && random() < 0.5
    const user = firstUser + 1 + (isHot ? 0 : Math.floor(random() * accounts))
    const amount = 1 + Math.floor(random() * 5)
    return { user, by: random() < 0.5 ? amount : -amount }
  }
}
