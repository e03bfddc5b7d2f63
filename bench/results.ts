import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import type { Cell } from './question.ts'
import { markdownTable } from './table.ts'

/** The answer to a question, with all that is needed to judge it. */
export interface Result {
  readonly question: string
  readonly title: string
  readonly note: string
  readonly level: string
  /** How long it took to measure. */
  readonly seconds: number
  readonly machine: Machine
  /** Versions and settings of the databases. */
  readonly versions: readonly string[]
  readonly columns: readonly string[]
  readonly table: readonly (readonly Cell[])[]
  readonly rows: readonly unknown[]
}

const folder = join(import.meta.dirname, 'results')
const readme = join(import.meta.dirname, '..', 'README.md')
const marks = { begin: '<!-- bench:begin -->', end: '<!-- bench:end -->' }

// The order in which the README tells them.
const order = ['deals', 'reads', 'growth', 'memory', 'event-loop', 'limits']

/** Keeps a result in place of the one before it. */
export function keepResult(result: Result): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${result.question}.json`), `${JSON.stringify(result, rounded, 2)}\n`)
}

/** Writes the figures of the kept results into the README, between its two marks; does nothing where there are none. */
export function writeReadme(): void {
  if (!existsSync(readme)) return
  const text = readFileSync(readme, 'utf8')
  const begin = text.indexOf(marks.begin)
  const end = text.indexOf(marks.end)
  if (begin < 0 || end < begin) return
  const section = `${marks.begin}\n\n${figures()}\n\n`
  writeFileSync(readme, text.slice(0, begin) + section + text.slice(end))
}

/** The kept results as Markdown. */
export function figures(): string {
  const results = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result)
    .sort((left, right) => order.indexOf(left.question) - order.indexOf(right.question))
  return results.map(sectionOf).join('\n\n')
}

function sectionOf({ title, note, machine, versions, columns, table }: Result): string {
  const { cores, processor, memoryGib, node, date } = machine
  const place = `${cores} cores (${processor}), ${memoryGib} GiB, Node ${node}, ${versions.join(', ')}; ${date}.`
  return `**${title}**\n\n${markdownTable(columns, table)}\n\n${note}\n\nMeasured on ${place}`
}

// Four digits are more than any run repeats.
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}
