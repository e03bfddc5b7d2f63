import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Queue } from '../../src/ledger/queue.ts'
import { runs } from './arbitrary-deals.ts'

test('a queue hands out what an array would', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ act: fc.constant('push'), count: fc.integer({ min: 1, max: 2_000 }) }),
      fc.record({ act: fc.constant('shift'), count: fc.integer({ min: 1, max: 2_000 }) }),
      fc.record({ act: fc.constant('unshift'), count: fc.integer({ min: 0, max: 3 }) }),
    ),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(steps, (list) => {
      const queue = new Queue<{ number: number }>(({ number: weight }) => weight)
      let expected: { number: number }[] = []
      let number = 0
      for (const { act, count } of list) {
        const some = Array.from({ length: count }, () => ({ number: (number += 1) }))
        if (act === 'unshift') {
          queue.unshift(some)
          expected = [...some, ...expected]
        } else if (act === 'push') {
          for (const one of some) queue.push(one)
          expected.push(...some)
        } else {
          const taken = Array.from({ length: count }, () => queue.shift())
          assert.deepEqual(
            taken,
            Array.from({ length: count }, (_one, index) => expected[index]),
          )
          expected = expected.slice(count)
        }
        expect(queue.size).toBe(expected.length)
        expect(queue.weight).toBe(expected.reduce((sum, { number: weight }) => sum + weight, 0))
        expect(queue.peek()).toBe(expected[0])
      }
    }),
    { numRuns: runs / 4 },
  )
})
