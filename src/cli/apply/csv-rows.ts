import { pipeline } from 'node:stream/promises'
import { CsvError, parse, type Info } from 'csv-parse'
import { usageError } from '../command-errors.ts'
import type { Input } from './input.ts'

// A quote that is never closed would otherwise swallow the rest of the file into one cell.
const rowLengthMax = 1024 * 1024

/** A row of a CSV file. */
export interface CsvRow {
  /** The line of the file where it begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Reads the rows of a CSV file, the header among them; empty lines are passed over.
 *
 * @param delimiter what stands between cells
 * @throws a usage error naming the line for text that is no CSV
 */
export async function* readCsvRows(input: Input, delimiter: string, signal: AbortSignal): AsyncGenerator<CsvRow> {
  const parser = parse({
    delimiter,
    // All of them, as real files mix them; left to itself the parser takes the first that it sees for all.
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: rowLengthMax,
  })
  // Its failure is the parser's, which tells it below.
  pipeline(input.text(signal), parser).catch(() => undefined)
  // The parser counts a CRLF inside quotes as two line ends.
  let linesTooMany = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      let linesInside = 0
      for (const cell of record) {
        if (!cell.includes('\n')) continue
        linesInside += cell.split('\n').length - 1
        linesTooMany += cell.split('\r\n').length - 1
      }
      yield { line: info.lines - linesTooMany - linesInside, cells: record }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw usageError(`${input.name} is no CSV: ${faultOf(error)}`)
  }
}

function faultOf({ code, message, ...place }: CsvError): string {
  const line = 'lines' in place ? String(place['lines']) : 'unknown'
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `a quote is opened and not closed before the end, in line ${line}`
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `a row before line ${line} is longer than ${rowLengthMax} characters: is a quote not closed there?`
  return message
}
