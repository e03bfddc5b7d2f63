import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import { toAmount } from '../../src/model/amount.ts'

test('an amount from the least one to 2^63 - 1 comes out as it went in, as a bigint', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), fc.constantFrom<0 | 1>(0, 1), (amount, least) => {
      if (amount >= least && amount < 2n ** 63n) assert.equal(toAmount('quantity', amount, least), amount)
      else assert.throws(() => toAmount('quantity', amount, least), InvalidArgumentError)
    }),
    { numRuns: 1_000 },
  )
})

test('a number is an amount exactly if it is whole, safe and not too small', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()),
      fc.constantFrom<0 | 1>(0, 1),
      (amount, least) => {
        if (Number.isSafeInteger(amount) && amount >= least)
          assert.equal(toAmount('quantity', amount, least), BigInt(amount))
        else assert.throws(() => toAmount('quantity', amount, least), InvalidArgumentError)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('the edges are on the right side', () => {
  expect(toAmount('quantity', 2n ** 63n - 1n, 1)).toBe(2n ** 63n - 1n)
  expect(toAmount('quantity', Number.MAX_SAFE_INTEGER, 1)).toBe(2n ** 53n - 1n)
  expect(toAmount('quantity', -0, 0)).toBe(0n)
  expect(() => toAmount('quantity', 2n ** 63n, 1)).toThrow(
    /quantity must be at most 2\^63 - 1; got 9223372036854775808n/,
  )
  expect(() => toAmount('quantity', 2 ** 53, 1)).toThrow(/pass a larger one as a bigint; got 9007199254740992/)
})
