import { expect, test } from 'vitest'
import type { CacheOptions } from '../../src/cache/contract.ts'
import { toCacheSettings } from '../../src/cache/options.ts'
import { InvalidArgumentError } from '../../src/errors.ts'

test('what is left out is as the documentation says', () => {
  expect(toCacheSettings({})).toEqual({
    ttlMs: 3_600_000,
    valueBytesMax: 1_000_000,
    whenUnreachable: 'refuse',
    leaseMs: 5_000,
    intentMs: 30_000,
    waitMs: 50,
    timeoutMs: 1_000,
    nearBytesMax: 0,
    relayMs: 100,
  })
})

test('what is said is kept', () => {
  const said: Required<CacheOptions> = {
    ttlMs: 1_000,
    valueBytesMax: 1_024,
    whenUnreachable: 'eventual',
    leaseMs: 2_000,
    intentMs: 2_592_000_000,
    waitMs: 0,
    timeoutMs: 1,
    nearBytesMax: 64_000_000,
    relayMs: 0,
  }
  expect(toCacheSettings(said)).toEqual(said)
})

test.each<[string, unknown, string]>([
  ['ttlMs', 999, 'a whole number from 1,000 to 2,592,000,000'],
  ['ttlMs', 2_592_000_001, 'a whole number from 1,000 to 2,592,000,000'],
  ['ttlMs', 1_000.5, 'a whole number from 1,000 to 2,592,000,000'],
  ['valueBytesMax', 1_023, 'a whole number from 1,024'],
  ['valueBytesMax', Infinity, 'a whole number from 1,024'],
  ['whenUnreachable', 'fence', "'refuse' or 'eventual'"],
  ['leaseMs', 1_999, 'a whole number from 2,000 to 2,592,000,000'],
  ['intentMs', '30000', 'a whole number from 2,000 to 2,592,000,000'],
  ['waitMs', -1, 'a whole number from 0 to 3,600,000'],
  ['timeoutMs', 0, 'a whole number from 1 to 3,600,000'],
  ['timeoutMs', null, 'a whole number from 1 to 3,600,000'],
  ['nearBytesMax', NaN, 'a whole number from 0'],
  ['relayMs', -1, 'a whole number from 0 to 3,600,000'],
])('%s: %s is refused with its rule', (name, value, rule) => {
  const refused = expect.objectContaining({ argument: `options.${name}`, value, rule })
  expect(() => toCacheSettings({ [name]: value })).toThrow(InvalidArgumentError)
  expect(() => toCacheSettings({ [name]: value })).toThrow(refused)
})

test('an option that nobody knows is refused, unless it is the cache’s own', () => {
  const options: object = { bytesMax: 1 }
  expect(() => toCacheSettings(options)).toThrow('options.bytesMax')
  expect(toCacheSettings<CacheOptions & { bytesMax?: number }>(options, ['bytesMax']).ttlMs).toBe(3_600_000)
  expect(() => toCacheSettings('fast' as never)).toThrow('options must be an object')
})
