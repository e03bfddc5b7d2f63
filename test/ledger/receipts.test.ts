import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readReceipt, toReceipt } from '../../src/ledger/receipts.ts'
import { settle } from '../../src/ledger/settle.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal } from '../../src/model/deal.ts'
import type { Settlement } from '../../src/storage/contract.ts'
import { dealLists, noSerials, runs } from './arbitrary-deals.ts'
import { moveLists } from './arbitrary-moves.ts'
import { told } from './told.ts'

test('a receipt answers what was settled, refusals and 64-bit numbers included (I10)', () => {
  fc.assert(
    fc.property(dealLists, (deals) => {
      const { settlements } = settle({ accounts: [], holdings: [], serials: [], receipts: [] }, deals, 5)
      for (const settlement of settlements) {
        const receipt = toReceipt('k', 'h', settlement, 5)
        expect(readReceipt(receipt, 'h')).toEqual({ ...settlement, isReplay: true })
        expect(readReceipt(receipt, 'other')).toEqual({
          refusal: { code: 'KEY_REUSED', data: { key: 'k', deal: settlement.deal } },
          deal: settlement.deal,
          isReplay: true,
        })
      }
    }),
    { numRuns: runs },
  )
})

test('a receipt remembers serials and their properties, those of the other side of a transfer too (I10)', () => {
  fc.assert(
    fc.property(moveLists, (deals) => {
      const rows = { accounts: [], holdings: [], serials: [], receipts: [] }
      for (const settlement of settle(rows, deals, 5).settlements) {
        const again = readReceipt(toReceipt('k', 'h', settlement, 5), 'h')
        expect(told(again)).toEqual({ ...told(settlement), isReplay: true })
      }
    }),
    { numRuns: runs },
  )
})

test('a receipt of ten thousand serials that are alike takes a few letters for each', () => {
  const made = (count: bigint): Settlement => {
    let last = 1_700_000_000_000_000_000n
    const change = toChange('change', { verb: 'add', kind: 'serial', app: 'farm', user: 'a', item: 'x', amount: count })
    const deal = prepareDeal('1', { changes: [change] }, () => (last += 7n))
    return settle({ accounts: [], holdings: [], serials: [], receipts: [] }, [deal], 5).settlements[0]!
  }
  expect(toReceipt('k', 'h', made(10_000n), 5).outcome.length).toBeLessThan(25_000)
  expect(told(readReceipt(toReceipt('k', 'h', made(3n), 5), 'h'))).toEqual({ ...told(made(3n)), isReplay: true })
})

test('the hash of a request depends on data, whatever the order of its names, and on nothing else of it', () => {
  const changes = [toChange('change', { verb: 'add', kind: 'tally', app: 'farm', user: 'a', item: 'x', amount: 1n })]
  const hashOf = (data: Record<string, unknown>): string | null =>
    prepareDeal('1', { changes, key: 'k', data }, noSerials).hash
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (one, two) => {
      const turned = Object.fromEntries(Object.entries(one).reverse())
      expect(hashOf(turned)).toBe(hashOf(one))
      const isSame = canonical(one) === canonical(two)
      expect(hashOf(one) === hashOf(two)).toBe(isSame)
    }),
    { numRuns: runs },
  )
})

function canonical(data: object): string {
  return JSON.stringify(data, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? ['object', ...Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))]
      : value,
  )
}
