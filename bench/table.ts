import type { Cell } from './question.ts'
import type { Spread } from './statistics.ts'

/** A table for the terminal: words to the left, numbers to the right. */
export function textTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns, ...rows.map((row) => row.map(cellText))]
  const widths = columns.map((_column, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)))
  const isWord = columns.map((_column, place) => rows.every((row) => typeof row[place] === 'string'))
  return lines
    .map((line) =>
      line
        .map((text, place) =>
          isWord[place] === true ? text.padEnd(widths[place] ?? 0) : text.padStart(widths[place] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A table in Markdown. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const alignment = columns.map((_column, place) =>
    rows.every((row) => typeof row[place] === 'string') ? '---' : '---:',
  )
  const lines = [columns, alignment, ...rows.map((row) => row.map(cellText))]
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** What stands in a cell, as text: medians, with their extremes where they are far from them. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number') return numberText(cell)
  if ('median' in cell) return spreadText(cell)
  return cell.map((part) => numberText(typeof part === 'number' ? part : part.median)).join(' → ')
}

function spreadText({ median, min, max }: Spread): string {
  return min === max ? numberText(median) : `${numberText(median)} (${numberText(min)}–${numberText(max)})`
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
