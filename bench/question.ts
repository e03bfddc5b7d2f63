import process from 'node:process'
import { machine } from './machine.ts'
import { keepResult, type Result } from './results.ts'
import { readSettings, type Settings } from './settings.ts'
import type { Spread } from './statistics.ts'
import { textTable } from './table.ts'

/** What stands in one place of a table: a word, a number, or several numbers to be compared. */
export type Cell = string | number | Spread | readonly (number | Spread)[]

/** A question that the benchmarks answer. */
export interface Question<Row> {
  readonly name: string
  readonly title: string
  /**
   * Measures.
   *
   * @param tell is told what is being measured now
   * @returns the rows, and the versions and settings of what was measured
   * @throws Error where what was measured is wrong
   */
  measure(settings: Settings, tell: (what: string) => void): Promise<{ rows: Row[]; versions: readonly string[] }>
  readonly columns: readonly string[]
  cells(row: Row): readonly Cell[]
  /** How to read the table. */
  readonly note: string
}

/**
 * Answers a question: measures, prints the table, and keeps the figures unless they were made quickly.
 */
export async function answer<Row>(question: Question<Row>, settings: Settings): Promise<void> {
  const place = machine()
  const start = performance.now()
  const { rows, versions } = await question.measure(settings, (what) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${question.name}: ${what}`)
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const result: Result = {
    question: question.name,
    title: question.title,
    note: question.note,
    level: settings.level,
    seconds: Math.round((performance.now() - start) / 1000),
    machine: place,
    versions,
    columns: question.columns,
    table: rows.map((row) => question.cells(row)),
  }
  console.log(`\n${question.title}\n\n${textTable(result.columns, result.table)}\n\n${question.note}`)
  if (settings.level !== 'quick') await keepResult(result)
}

/** Answers a question if its file is the one that was started. */
export async function runAlone<Row>(file: ImportMeta, question: Question<Row>): Promise<void> {
  if (file.main) await answer(question, readSettings(process.argv.slice(2)))
}
