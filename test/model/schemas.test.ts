import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InvalidArgumentError, InvalidPropertiesError, type PropertySchema } from '../../src/index.ts'
import { openSqliteLab } from '../regressions/sqlite-lab.ts'

interface Monster extends Record<string, unknown> {
  readonly xp: number
}

const schemas: readonly (readonly [string, PropertySchema<Monster>])[] = [
  ['zod', z.looseObject({ xp: z.number().default(1) })],
  ['valibot', v.looseObject({ xp: v.optional(v.number(), 1) })],
  ['arktype', type({ xp: 'number = 1' })],
]

describe.each(schemas)('a schema of %s', (_name, properties) => {
  test('fills in defaults on the way in and in older serials, and lets the rest be', async () => {
    await using lab = await openSqliteLab()
    await lab.stockpile.serial('farm', 1).add('hen', [1])
    const inventory = lab.stockpile.serial('farm', 1, { properties })
    expect((await inventory.get('hen')).get(1)).toEqual({ xp: 1 })
    const answer = await inventory.add('hen', inventory.quantity({ 2: { xp: 22, name: 'Ada' }, 3: {} }))
    expect([...answer.all().values()]).toEqual([{ xp: 1 }, { xp: 22, name: 'Ada' }, { xp: 1 }])
    expect([...(await lab.stockpile.serial('farm', 1).get('hen')).all().values()]).toEqual([
      {},
      { xp: 22, name: 'Ada' },
      { xp: 1 },
    ])
  })

  test('refuses what breaks it with its issues, and nothing is written', async () => {
    await using lab = await openSqliteLab()
    const inventory = lab.stockpile.serial('farm', 1, { properties })
    const wrong = inventory.quantity([[1, { xp: 'many' } as never]])
    const error: unknown = await inventory.add('hen', wrong).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InvalidPropertiesError)
    const { issues } = error as InvalidPropertiesError
    expect(issues).toHaveLength(1)
    expect(JSON.stringify(issues[0]?.path)).toContain('xp')
    expect((await inventory.all()).version).toBe(0n)
  })
})

test('a schema of zod that needs a promise is refused', async () => {
  await using lab = await openSqliteLab()
  const properties = z.object({ xp: z.number().default(1) }).refine(async () => Promise.resolve(true))
  const inventory = lab.stockpile.serial('farm', 1, { properties })
  await expect(inventory.add('hen')).rejects.toThrow(InvalidArgumentError)
  expect((await lab.stockpile.serial('farm', 1).all()).version).toBe(0n)
})
