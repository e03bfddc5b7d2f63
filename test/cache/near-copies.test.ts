import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NearCopies } from '../../src/cache/near-copies.ts'

const bytesMax = 20
const steps = fc.array(
  fc.record({
    does: fc.constantFrom('keep', 'keep', 'find', 'drop'),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    length: fc.nat(bytesMax + 2),
  }),
  { maxLength: 40 },
)

test('copies never take more room than they may, and those used longest ago go first', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const copies = new NearCopies(bytesMax)
      // In the order of use.
      let kept: { readonly key: string; readonly text: string }[] = []
      for (const [at, { does, key, length }] of list.entries()) {
        const known = kept.find((one) => one.key === key)
        const others = kept.filter((one) => one.key !== key)
        if (does === 'find') {
          assert.equal(copies.find(key)?.text, known?.text)
          kept = known === undefined ? others : [...others, known]
        } else if (does === 'drop') {
          copies.drop(key)
          kept = others
        } else {
          const text = `${at % 10}`.repeat(length)
          copies.keep({ key, incarnation: '1' }, text)
          kept = length > bytesMax ? others : [...others, { key, text }]
          while (kept.reduce((sum, one) => sum + one.text.length, 0) > bytesMax) kept.shift()
        }
      }
      for (const key of ['a', 'b', 'c', 'd']) {
        const one = kept.find((some) => some.key === key)
        const copy = one && { token: { key, incarnation: '1' }, text: one.text }
        expect(copies.find(key)).toEqual(copy)
      }
    }),
  )
})

test('without room nothing is kept', () => {
  const copies = new NearCopies(0)
  copies.keep({ key: 'a', incarnation: '1' }, 'text')
  expect(copies.find('a')).toBeUndefined()
})
