import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
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
}

const folder = join(import.meta.dirname, 'results')
const readme = join(import.meta.dirname, '..', 'README.md')
const marks = { begin: '<!-- bench:begin -->', end: '<!-- bench:end -->' }

// The order in which the README tells them.
const order = [
  'deals',
  'trades',
  'serials',
  'reads',
  'cached-reads',
  'cached-mix',
  'cached-writes',
  'growth',
  'serial-growth',
  'memory',
  'event-loop',
  'limits',
]

/** Keeps a result in place of the one before it. */
export async function keepResult(result: Result): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await write(join(folder, `${result.question}.json`), JSON.stringify(result, rounded))
}

/** Writes the figures of the kept results into the README, between its two marks; does nothing where there are none. */
export async function writeReadme(): Promise<void> {
  if (!existsSync(readme)) return
  const text = readFileSync(readme, 'utf8')
  const begin = text.indexOf(marks.begin)
  const end = text.indexOf(marks.end)
  if (begin < 0 || end < begin) return
  await write(readme, `${text.slice(0, begin)}${marks.begin}\n\n${figures()}\n\n${text.slice(end)}`)
}

/** The kept results as Markdown: the first in full view, the others to be unfolded. */
function figures(): string {
  const results = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result)
    .sort((left, right) => order.indexOf(left.question) - order.indexOf(right.question))
  return results
    .map((result, place) => {
      const { title } = result
      const table = tableOf(result)
      return place === 0 ? `**${title}**\n\n${table}` : `<details><summary>${title}</summary>\n\n${table}\n\n</details>`
    })
    .join('\n\n')
}

function tableOf({ note, machine, versions, columns, table }: Result): string {
  const { cores, processor, memoryGib, node, date, loadBefore } = machine
  const place = `${cores} cores (${processor}), ${memoryGib} GiB, Node ${node}, ${versions.join(', ')}; ${date}.`
  const others =
    loadBefore < 1
      ? ''
      : ` Other work kept the machine busy (load ${loadBefore.toFixed(1)} before): trust the ratios alone.`
  return `${markdownTable(columns, table)}\n\n${note}\n\nMeasured on ${place}${others}`
}

async function write(file: string, text: string): Promise<void> {
  const settings = await resolveConfig(file)
  writeFileSync(file, await format(text, { ...settings, filepath: file }))
}

// Four digits are more than any run repeats.
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}
