import { describe, expect, test } from 'vitest'
import { InvalidArgumentError, SerialsNotReadyError } from '../../src/index.ts'
import { SerialNumbers } from '../../src/ledger/serial-numbers.ts'

/** A counter as the database keeps it. */
class Counter {
  at = 0n
  readonly blocks: bigint[] = []

  readonly reserve = async (atLeast: bigint, count: bigint): Promise<bigint> => {
    const first = this.at > atLeast ? this.at : atLeast
    this.at = first + count
    this.blocks.push(count)
    return first
  }
}

const start = 1_767_225_600_000

async function take(numbers: SerialNumbers, count: number): Promise<bigint[]> {
  const taken: bigint[] = []
  while (taken.length < count) {
    const few = Math.min(10_000, count - taken.length)
    while (!numbers.isReady(BigInt(few))) await numbers.prepare(BigInt(few))
    for (let index = 0; index < few; index += 1) taken.push(numbers.next())
  }
  return taken
}

function areAscending(numbers: readonly bigint[]): boolean {
  return numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)
}

describe('serial numbers', () => {
  test('a million at once are all different, rise, and fit 63 bits', async () => {
    const numbers = new SerialNumbers(new Counter().reserve, () => start, null)
    const taken = await take(numbers, 1_000_000)
    expect(areAscending(taken)).toBe(true)
    expect(taken.at(-1)! < 2n ** 62n).toBe(true)
  })

  test('two that share a counter never give the same, and a later one gives higher ones', async () => {
    const counter = new Counter()
    let now = start
    const [one, two] = [0, 1].map(() => new SerialNumbers(counter.reserve, () => now, null)) as [
      SerialNumbers,
      SerialNumbers,
    ]
    const lists = await Promise.all([take(one, 100_000), take(two, 100_000)])
    expect(new Set(lists.flat()).size).toBe(200_000)
    now += 10_000
    const [later] = await take(two, 1)
    expect(later! > lists[0].at(-1)!).toBe(true)
    const [latest] = await take(one, 1)
    expect(latest! > later!, 'a block that is older than a second is left behind').toBe(true)
  })

  test('a clock that goes back, stands still, is before 1970 or full of fractions makes no duplicate', async () => {
    const counter = new Counter()
    const taken: bigint[] = []
    for (const now of [start, start - 3_600_000, start - 3_600_000, 0, -5, start + 0.75, start]) {
      const numbers = new SerialNumbers(counter.reserve, () => now, null)
      taken.push(...(await take(numbers, 1_000)))
    }
    expect(areAscending(taken)).toBe(true)
    expect(taken[0]! > 0n).toBe(true)
  })

  test('a clock that goes back in the midst of a block makes no duplicate', async () => {
    let now = start
    const numbers = new SerialNumbers(new Counter().reserve, () => now, null)
    const before = await take(numbers, 10)
    now -= 86_400_000
    expect(areAscending([...before, ...(await take(numbers, 10))])).toBe(true)
  })

  test('blocks that are used up early grow, and shrink again', async () => {
    const counter = new Counter()
    let now = start
    const numbers = new SerialNumbers(counter.reserve, () => now, null)
    await take(numbers, 300_000)
    expect(counter.blocks).toEqual([2n ** 16n, 2n ** 17n, 2n ** 18n])
    now += 5_000
    await take(numbers, 1)
    expect(counter.blocks.at(-1)).toBe(2n ** 16n)
  })

  test('many who wait at once share what is got, and none gets less than it asked for', async () => {
    const numbers = new SerialNumbers(new Counter().reserve, () => start, null)
    const lists = await Promise.all(Array.from({ length: 20 }, () => take(numbers, 10_000)))
    expect(new Set(lists.flat()).size).toBe(200_000)
  })

  test('without any yet, next says what to do', () => {
    const numbers = new SerialNumbers(new Counter().reserve, () => start, null)
    expect(() => numbers.next()).toThrow(SerialsNotReadyError)
    expect(() => numbers.next()).toThrow(/await inventory\.ready\(\)/)
    expect(numbers.isReady(1n)).toBe(false)
  })

  test('a source of one’s own is asked instead, and what it gives is checked', () => {
    let next: unknown = 5n
    const numbers = new SerialNumbers(
      () => Promise.reject(new Error('not needed')),
      () => start,
      { next: () => next as bigint },
    )
    expect(numbers.isReady(10_000n)).toBe(true)
    expect(numbers.next()).toBe(5n)
    for (const odd of [0n, -1n, 2n ** 63n, 1.5, 'five', undefined]) {
      next = odd
      expect(() => numbers.next()).toThrow(InvalidArgumentError)
    }
  })
})
