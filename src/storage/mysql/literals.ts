import { DatabaseError } from '../../errors.ts'

// Printable ASCII but for the quote and the backslash: inside quotes it means itself under every sql_mode and every character set.
const plainPattern = /^[ -&(-[\]-~]*$/

/**
 * A text as a literal of SQL. What isn't plain ASCII is written in hexadecimal, so no character ever needs escaping and neither the
 * connection's character set nor `NO_BACKSLASH_ESCAPES` can change its meaning.
 */
export function text(value: string): string {
  return plainPattern.test(value) ? `'${value}'` : `_utf8mb4 X'${Buffer.from(value, 'utf8').toString('hex')}'`
}

/** A text or null as a literal of SQL. */
export function textOrNull(value: string | null): string {
  return value === null ? 'NULL' : text(value)
}

/**
 * A whole number as a literal of SQL. A literal of digits is a BIGINT to the server, exact to the last of 64 bits, where a bound
 * parameter can turn into a DOUBLE.
 */
export function integer(value: bigint | number): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value.toString()
  throw new DatabaseError(`expected a whole number to write, got ${String(value)}`)
}

/** A whole number or null as a literal of SQL. */
export function integerOrNull(value: bigint | number | null): string {
  return value === null ? 'NULL' : integer(value)
}
