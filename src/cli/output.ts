import process from 'node:process'

/** Prints a line on standard output. Nobody may be reading any more (`| head`): see `run`. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** JSON text of anything that the library answers: bigints as decimal strings, so that none loses a digit. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
  return visible(text)
}

/** Lines of columns side by side; `ends` names the columns that are numbers and stand flush right. */
export function toTable(rows: readonly (readonly string[])[], ends: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return ends.includes(column) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A whole number as people read it, such as `12,345`. */
export function toCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

/** A count with its noun, such as `1 deal` and `2 deals`. */
export function toCounted(count: number, noun: string): string {
  return `${toCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** JSON lets these control characters through as they are, and a terminal would obey them. */
function visible(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
