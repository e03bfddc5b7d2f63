import { InvalidArgumentError } from 'commander'

/** A whole number as an argument, exact however large. */
export function parseWhole(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', ''))
  throw new InvalidArgumentError('It must be a whole number, such as 5.')
}

/** A whole number as an option. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('It must be a whole number, such as 100.')
}

/** A JSON object as an option. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(
      `It must be a JSON object, such as '{"reason":"gift"}' (${(error as Error).message}).`,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new InvalidArgumentError(`It must be a JSON object, such as '{"reason":"gift"}'.`)
}

/** A time as an option: ISO 8601, or milliseconds since 1970. */
export function parseTime(text: string): number {
  const isIso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)
  const time = /^\d{9,}$/.test(text) ? Number(text) : isIso ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError(
    'It must be a time such as 2026-05-01 or 2026-05-01T12:00:00Z (a day begins at 0:00 UTC).',
  )
}

/** A place in a history, as `history` prints it. */
export function parsePlace(text: string): { version: bigint; line: number } {
  const match = /^(\d+)\.(\d+)$/.exec(text)
  if (match !== null) return { version: BigInt(match[1]!), line: Number(match[2]) }
  throw new InvalidArgumentError('It must be a version and a line as history prints them, such as 12.1.')
}

/** For an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
