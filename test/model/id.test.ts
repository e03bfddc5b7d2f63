import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import { compareBytes, compareNaturally, toId } from '../../src/model/id.ts'

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 70 }),
  fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', ' ', '\ud800', '\n', '\uff5e', '😀'), maxLength: 6 }),
)
const sign = (value: number): number => Math.sign(value)

test('a string is an id exactly if it breaks none of the rules, and comes back as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const isGood =
        text !== '' &&
        text.isWellFormed() &&
        text.trim() === text &&
        // oxlint-disable-next-line no-control-regex
        !/[\u0000-\u001f\u007f-\u009f]/.test(text) &&
        Buffer.byteLength(text) <= 64 &&
        !/^0[0-9]*$/.test(text)
      if (isGood) assert.equal(toId('item', text), text)
      else assert.throws(() => toId('item', text), InvalidArgumentError)
    }),
    { numRuns: 2_000 },
  )
})

test('a number, its bigint and its digits are one id', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (number) => {
      expect([toId('item', number), toId('item', BigInt(number))]).toEqual([String(number), String(number)])
      expect(toId('item', String(number))).toBe(String(number))
    }),
  )
})

test('ids are ordered as their UTF-8 bytes are', () => {
  fc.assert(
    fc.property(texts, texts, (left, right) => {
      const [one, two] = [left.toWellFormed(), right.toWellFormed()]
      expect(sign(compareBytes(one, two))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(two)))
    }),
    { numRuns: 2_000 },
  )
})

test('the natural order puts numbers first, by value, and is a total order', () => {
  const ids = fc.oneof(
    fc.bigInt({ min: 1n, max: 10n ** 30n }).map(String),
    fc.constantFrom('a', 'B', '1a', '-1', '😀', '\uff5e'),
  )
  fc.assert(
    fc.property(ids, ids, ids, (one, two, three) => {
      expect(sign(compareNaturally(one, two))).toBe(0 - sign(compareNaturally(two, one)))
      const sorted = [one, two, three].sort(compareNaturally)
      const [low = '', , high = ''] = sorted
      assert.ok(compareNaturally(low, high) <= 0)
      const numbers = sorted.filter((id) => /^[0-9]+$/.test(id))
      expect(sorted.slice(0, numbers.length)).toEqual(numbers)
      expect(numbers.map(BigInt)).toEqual(
        numbers.map(BigInt).sort((left, right) => (left < right ? -1 : left > right ? 1 : 0)),
      )
    }),
    { numRuns: 1_000 },
  )
})
