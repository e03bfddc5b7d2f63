import { expect, it } from 'vitest'
import { SerialsNotReadyError, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

it('the advice given where there are no serial numbers yet is what helps, and a mere read does not', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const farm = stockpile.serial('farm', 1)
  const empty = await farm.get('sheep')
  const advice = (): unknown => {
    try {
      return empty.add({ xp: 1 })
    } catch (error) {
      return error
    }
  }
  expect(advice()).toBeInstanceOf(SerialsNotReadyError)
  expect(advice()).toHaveProperty(
    'message',
    'there are no serial numbers yet: `await inventory.ready()` before inventory.quantity() is to make serials',
  )
  await farm.ready()
  expect(typeof advice()).toBe('bigint')
})
