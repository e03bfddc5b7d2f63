// Whole columns travel as one parameter each, written here as array literals and cast by the statement. The driver's own way of writing
// arrays takes several times as long and knows no bigint.

/** A `text[]` of any strings; null stays null. */
export function texts(values: readonly (string | null)[]): string {
  let literal = '{'
  for (const [index, value] of values.entries()) {
    if (index > 0) literal += ','
    literal += value === null ? 'NULL' : quoted(value)
  }
  return `${literal}}`
}

/** A `bigint[]` or `integer[]`, exact; null stays null. */
export function integers(values: readonly (bigint | number | null)[]): string {
  let literal = '{'
  for (const [index, value] of values.entries()) {
    if (index > 0) literal += ','
    literal += value === null ? 'NULL' : value.toString()
  }
  return `${literal}}`
}

const specialPattern = /["\\]/
const specialsPattern = /["\\]/g

function quoted(value: string): string {
  return specialPattern.test(value) ? `"${value.replace(specialsPattern, '\\$&')}"` : `"${value}"`
}
