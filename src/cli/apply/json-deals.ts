import { CommanderError } from 'commander'
import type { Verb } from '../../index.ts'
import { usageError } from '../command-errors.ts'
import type { FileChange, FileDeal } from './file-deal.ts'
import type { Input } from './input.ts'
import { readLines } from './lines.ts'

// 10,000 changes, the most that a deal can have, take about a million characters.
const lineLengthMax = 16 * 1024 * 1024

const dealFields = ['key', 'app', 'data', 'changes', 'refused']
const changeFields = ['verb', 'app', 'user', 'item', 'quantity']
const verbs: ReadonlySet<unknown> = new Set<Verb>(['add', 'subtract', 'set'])

/**
 * Reads deals, one on each line: `{"key"?, "app"?, "data"?, "changes": [{"verb", "app"?, "user", "item", "quantity"?}, ...]}`. A line that
 * is none becomes a deal with a fault; empty lines count for nothing. `refused` is passed over, so that a file of refused deals can be
 * applied again.
 *
 * @param app the app of changes that name none, on themselves or on their deal
 */
export async function* readJsonDeals(
  input: Input,
  app: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<FileDeal> {
  let ordinal = 0
  for await (const { number: line, text } of readLines(input.text(signal), lineLengthMax)) {
    if (text !== null && text.trim() === '') continue
    ordinal += 1
    const base = { name: ordinal.toString(), line, rowsSkipped: 0 }
    try {
      yield { ...base, ...parseDeal(text, line, app), fault: null }
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error
      const fault = { line, message: `line ${line}: ${error.message}`, isScattered: false, source: text }
      yield { ...base, key: null, data: undefined, changes: [], fault }
    }
  }
}

function parseDeal(
  text: string | null,
  line: number,
  app: string | undefined,
): Pick<FileDeal, 'key' | 'data' | 'changes'> {
  if (text === null) throw usageError(`is longer than ${lineLengthMax} characters`)
  if (text.includes('\ufffd')) throw usageError('holds bytes that are not in the encoding: see --encoding')
  let deal: unknown
  try {
    deal = JSON.parse(text)
  } catch (error) {
    throw usageError(`is no JSON (${(error as Error).message})`)
  }
  const fields = toFields('the deal', deal, dealFields)
  const { key, data, changes } = fields
  if (key !== undefined && typeof key !== 'string') throw usageError('key is no string')
  if (data !== undefined && !isObject(data)) throw usageError('data is no object')
  if (!Array.isArray(changes) || changes.length === 0) throw usageError('has no list of changes')
  return {
    key: key ?? null,
    data,
    changes: changes.map((change, index) => toChange(`change ${index + 1}`, change, fields['app'] ?? app, line)),
  }
}

function toChange(name: string, change: unknown, app: unknown, line: number): FileChange {
  const fields = toFields(name, change, changeFields)
  const { verb, user, item, quantity } = fields
  if (!verbs.has(verb)) throw usageError(`${name}: verb is none of add, subtract and set`)
  const ownApp = fields['app'] ?? app
  if (ownApp === undefined) throw usageError(`${name} names no app: put "app" into the deal, or give --app`)
  for (const [field, value] of Object.entries({ user, item }))
    if (value === undefined) throw usageError(`${name} names no ${field}`)
  if (quantity === undefined && verb === 'set') throw usageError(`${name} has no quantity`)
  return { verb: verb as Verb, app: ownApp, user, item, amount: toAmount(quantity ?? 1), line }
}

/** Digits in quotes are a quantity too: JSON's own numbers are exact only up to 2^53. */
function toAmount(quantity: unknown): unknown {
  return typeof quantity === 'string' && /^-?\d+$/.test(quantity) ? BigInt(quantity) : quantity
}

function toFields(name: string, value: unknown, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw usageError(`${name} is no object`)
  const unknown = Object.keys(value).find((field) => !known.includes(field))
  if (unknown === undefined) return value
  throw usageError(`${name} has a field ${JSON.stringify(unknown)}; it can have ${known.join(', ')}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
