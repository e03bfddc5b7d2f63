import { randomFillSync } from 'node:crypto'

// So many numbers are drawn at once that drawing them costs next to nothing.
const drawn = new Uint32Array(1_024)
let next = drawn.length

/**
 * A CAS id that nobody else has given: 18 random digits, which is 59 bits, and less than the 2^64 that memcached takes.
 *
 * @returns its digits
 */
export function drawCas(): string {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  const high = 100_000_000 + ((drawn[next++] ?? 0) % 900_000_000)
  const low = 100_000_000 + ((drawn[next++] ?? 0) % 900_000_000)
  return `${high}${low}`
}
