/** Random numbers that their seed brings back. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number from 0, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0, below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** True so often of 1. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /**
   * One of a list.
   *
   * @throws RangeError for an empty list
   */
  pick<T>(list: readonly T[]): T {
    const index = this.below(list.length)
    if (index >= list.length) throw new RangeError('there is nothing to pick from')
    return list[index] as T
  }

  /** One of a list, each as often as its weight says. */
  weigh<T>(list: readonly (readonly [T, number])[]): T {
    let left = this.next() * list.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [one, weight] of list) if ((left -= weight) < 0) return one
    return list.at(-1)![0]
  }
}
