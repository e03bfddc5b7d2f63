import { expect, it } from 'vitest'
import { settle } from '../../src/ledger/settle.ts'
import { toChange, type Change } from '../../src/model/change.ts'
import { prepareDeal } from '../../src/model/deal.ts'

const hens = { app: 'farm', user: 'ann', item: 'hen' }
const loaded = {
  accounts: [{ app: 'farm', user: 'ann', version: 1n, changedAt: 0 }],
  holdings: [{ ...hens, quantity: 0n, serials: 3, position: null }],
  serials: [1n, 3n, 5n].map((serial) => ({ ...hens, serial, properties: '{}' })),
  receipts: [],
}

function hensBy(change: Partial<Change>): Change {
  return toChange('change', { kind: 'serial', ...hens, ...change })
}

it('a set after a refused deal of the same batch tells the serials that go in ascending order', () => {
  const changes = [
    [hensBy({ verb: 'subtract', amount: 2n }), hensBy({ verb: 'subtract', amount: 9n })],
    [hensBy({ verb: 'set', amount: 0n, serials: [{ serial: 1n, properties: '{}' }] })],
  ]
  const deals = changes.map((list, index) => prepareDeal(`deal ${index}`, { changes: list }, () => 9n))
  const { settlements, writes } = settle(loaded, deals, 1_000)
  expect(settlements.map((settlement) => 'refusal' in settlement)).toEqual([true, false])
  expect(writes.apps[0]?.history.map(({ serials }) => serials)).toEqual(['{"out":["3","5"]}'])
})
