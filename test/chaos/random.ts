import { Random as SeededRandom } from '../../src/cli/prove/random.ts'

/** Random numbers that their seed brings back. */
export class Random extends SeededRandom {
  /** @param parts whole numbers; other parts give other numbers */
  constructor(...parts: readonly number[]) {
    // FNV-1a over the parts: neighbouring seeds share nothing.
    super(parts.reduce((hash, part) => Math.imul(hash ^ part, 0x01000193) ^ (hash >>> 15), 0x811c9dc5))
  }

  /** A whole number from 1 up to the limit. */
  upTo(limit: number): number {
    return 1 + this.below(limit)
  }
}
