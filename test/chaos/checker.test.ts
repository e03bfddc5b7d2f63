import { describe, expect, test } from 'vitest'
import { Checker, type States, type ViolationKind } from '../../src/cli/prove/checker.ts'

const states: States = new Map([
  [1, 10],
  [2, 20],
  [3, null],
  [4, 40],
])

/** A judge who has heard that version 2 was acknowledged at 100, and version 4 at 300. */
function checker(): Checker {
  const one = new Checker()
  one.write(['tally-1', 100, 20])
  one.write(['tally-1', 300, 40])
  return one
}

function found(one: Checker): Partial<Record<ViolationKind, number>> {
  one.judge('tally-1', states)
  const { violations, examples } = one.verdict
  const counted = Object.entries(violations).filter(([, count]) => count > 0)
  expect(examples.length > 0).toBe(counted.length > 0)
  return Object.fromEntries(counted)
}

describe('the judge of a trial', () => {
  test('finds nothing wrong with answers of the version that was acknowledged, or of a later one', () => {
    const one = checker()
    one.read(['tally-1', 101, 105, 2, 20, 20])
    one.read(['tally-1', 102, 110, 4, 40, 40])
    // Both began before that was answered, and one before anything was acknowledged.
    one.read(['tally-1', 103, 120, 2, 20, 20])
    one.read(['tally-1', 99, 400, 1, 10, 10])
    expect(found(one)).toEqual({})
  })

  test('finds an answer older than what was acknowledged before it was asked for, in whatever order it hears of them', () => {
    const one = new Checker()
    one.read(['tally-1', 301, 305, 2, 20, 20])
    one.write(['tally-1', 300, 40])
    one.write(['tally-1', 100, 20])
    expect(found(one)).toEqual({ stale: 1 })
  })

  test('finds an answer older than what anybody had been answered before', () => {
    const one = checker()
    one.read(['tally-1', 150, 160, 4, 40, 40])
    one.read(['tally-1', 161, 170, 2, 20, 20])
    expect(found(one)).toEqual({ backward: 1 })
  })

  test.each([
    ['a mark that the version never had', 2, 21],
    ['a version that never was', 5, 50],
    ['a state that only its own transaction may have seen', 3, 30],
  ])('finds %s, as often as it was answered', (_, version, mark) => {
    const one = checker()
    one.read(['tally-1', 100, 110, version, mark, mark])
    one.read(['tally-1', 100, 110, version, mark, mark])
    expect(found(one)).toEqual({ dirty: 2 })
  })

  test('finds parts of two states', () => {
    const one = checker()
    one.read(['tally-1', 150, 160, 2, 20, 40])
    expect(found(one)).toEqual({ torn: 1 })
  })

  test('finds a write that was acknowledged and is not there', () => {
    const one = checker()
    one.write(['tally-1', 400, 50])
    expect(found(one)).toEqual({ lost: 1 })
  })

  test('finds what is cached and isn’t what the database has', () => {
    const reading = (version: number, mark: number) => ({ version, left: mark, right: mark })
    const [one, two, three] = [reading(1, 10), reading(2, 20), reading(4, 40)]
    const drifts: [number, Parameters<Checker['compare']>][] = [
      [0, ['tally-1', two, two, two]],
      [0, ['tally-1', two, one, three]],
      [1, ['tally-1', one, two, two]],
      [1, ['tally-1', three, two, two]],
      [1, ['tally-1', reading(2, 21), two, two]],
    ]
    for (const [count, facts] of drifts) {
      const judge = new Checker()
      judge.compare(...facts)
      expect(judge.verdict.violations.drift).toBe(count)
    }
  })

  test('measures how long a change by hand was not seen, finds what took too long, and holds nobody to an order', () => {
    const one = new Checker()
    one.write(['hand-1', 100, 20])
    one.write(['hand-1', 3_000, 40])
    one.read(['hand-1', 4_500, 4_600, 4, 40, 40])
    one.read(['hand-1', 7_100, 7_200, 2, 20, 20])
    expect(one.judgeByHand('hand-1', states, 4.1)).toBe(4.1)
    expect(one.verdict.violations).toEqual({ stale: 0, backward: 0, dirty: 0, torn: 0, late: 0, drift: 0, lost: 0 })
    one.judgeByHand('hand-1', states, 4)
    expect(one.verdict.violations.late).toBe(1)
  })
})
