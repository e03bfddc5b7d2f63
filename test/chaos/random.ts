/** Random numbers that their seed brings back. */
export class Random {
  #state: number

  /** @param parts whole numbers; other parts give other numbers */
  constructor(...parts: readonly number[]) {
    // FNV-1a over the parts: neighbouring seeds share nothing.
    this.#state = parts.reduce((hash, part) => Math.imul(hash ^ part, 0x01000193) ^ (hash >>> 15), 0x811c9dc5) >>> 0
  }

  /** A number from 0, below 1. */
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

  /** A whole number from 1 up to the limit. */
  upTo(limit: number): number {
    return 1 + this.below(limit)
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
}
