import { expect, it } from 'vitest'
import { HybridQuantity } from '../../src/model/hybrid-quantity.ts'
import { Quantity, StoredEntries } from '../../src/model/quantity.ts'

it('a stored quantity says how many there are at once, and is decoded once, when somebody looks into it', () => {
  let decoded = 0
  const entries = new StoredEntries<{ xp: number }>(2, () => {
    decoded += 1
    return [
      [7n, { xp: 7 }],
      [3n, { xp: 3 }],
    ] as const
  })
  const hens = new HybridQuantity(5, entries)
  expect([hens.value(), hens.tally(), decoded]).toEqual([7n, 5n, 0])
  expect(hens.serials()).toEqual([3n, 7n])
  hens.set(5n, { xp: 5 })
  expect([hens.value(), hens.get(7n), decoded]).toEqual([8n, { xp: 7 }, 1])
  expect(hens.grab(7).serials()).toEqual([5n, 7n])
})

it('a stored quantity that is changed before anybody has looked keeps what was stored', () => {
  const hens = new Quantity(new StoredEntries(1, () => [[3n, {}]] as const))
  expect(hens.set(1n, {}).serials()).toEqual([1n, 3n])
  expect(hens.remove(3n).value()).toBe(1n)
})
