import { InvalidArgumentError } from '../errors.ts'
import { toOptions } from '../model/options.ts'
import type { CacheOptions, CacheSettings } from './contract.ts'

/** The longest that anything stays: memcached takes a longer time to live for a date, and the entry would be gone at once. */
const stayMsMax = 30 * 24 * 60 * 60 * 1000

/** The longest that anybody waits: far below the 2^31 ms at which a timer of Node's fires at once instead. */
const waitMsMax = 60 * 60 * 1000

type NumberName = Exclude<keyof CacheOptions, 'whenUnreachable'>

interface NumberRule {
  readonly least: number
  readonly most: number
  readonly usual: number
}

const numberRules: Readonly<Record<NumberName, NumberRule>> = {
  ttlMs: { least: 1_000, most: stayMsMax, usual: 60 * 60 * 1000 },
  valueBytesMax: { least: 1_024, most: Infinity, usual: 1_000_000 },
  leaseMs: { least: 2_000, most: stayMsMax, usual: 5_000 },
  intentMs: { least: 2_000, most: stayMsMax, usual: 30_000 },
  waitMs: { least: 0, most: waitMsMax, usual: 50 },
  timeoutMs: { least: 1, most: waitMsMax, usual: 1_000 },
  nearBytesMax: { least: 0, most: Infinity, usual: 0 },
  relayMs: { least: 0, most: waitMsMax, usual: 100 },
}

const names: readonly (keyof CacheOptions)[] = [...(Object.keys(numberRules) as NumberName[]), 'whenUnreachable']

/**
 * Checks the options that all caches share, and fills in what was left out.
 *
 * @param options what the caller passed; what it says for `more` is not looked at
 * @param more names of options that this cache has besides
 * @throws InvalidArgumentError for the first option that breaks its rule, in the order of their declaration, or that nobody knows
 */
export function toCacheSettings<Options extends CacheOptions = CacheOptions>(
  options: Options,
  more: readonly (keyof Options & string)[] = [],
): CacheSettings {
  const given = toOptions<Options>('options', options, [...names, ...more])
  return {
    ttlMs: toNumber(given, 'ttlMs'),
    valueBytesMax: toNumber(given, 'valueBytesMax'),
    whenUnreachable: toWhenUnreachable(given.whenUnreachable),
    leaseMs: toNumber(given, 'leaseMs'),
    intentMs: toNumber(given, 'intentMs'),
    waitMs: toNumber(given, 'waitMs'),
    timeoutMs: toNumber(given, 'timeoutMs'),
    nearBytesMax: toNumber(given, 'nearBytesMax'),
    relayMs: toNumber(given, 'relayMs'),
  }
}

function toNumber(options: CacheOptions, name: NumberName): number {
  const { least, most, usual } = numberRules[name]
  const { [name]: value = usual } = options
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = `a whole number from ${least.toLocaleString('en')}`
  throw new InvalidArgumentError(
    `options.${name}`,
    value,
    most === Infinity ? range : `${range} to ${most.toLocaleString('en')}`,
  )
}

function toWhenUnreachable(value: CacheOptions['whenUnreachable'] = 'refuse'): CacheSettings['whenUnreachable'] {
  if (value === 'refuse' || value === 'eventual') return value
  throw new InvalidArgumentError('options.whenUnreachable', value, "'refuse' or 'eventual'")
}
