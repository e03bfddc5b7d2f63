import type { Command } from 'commander'
import process from 'node:process'
import type { Entry, HistoryFilter } from '../../index.ts'
import { parseCount, parsePlace, parseTime } from '../arguments.ts'
import { print, toJson, toTable } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

/** Adds `history` to the command line. */
export function addHistory(program: Command): void {
  program
    .command('history <APP> <USER>')
    .summary("print what happened to a user's items, newest first")
    .description(
      "Prints a page of a user's history, newest first: time, place (version and line), item, change, balance after, deal and data.",
    )
    .option('--item <ITEM>', 'only this item')
    .option('--deal <ID>', 'only this deal')
    .option(
      '--since <TIME>',
      'at this time or later: 2026-05-01, 2026-05-01T12:00:00Z or milliseconds since 1970',
      parseTime,
    )
    .option('--until <TIME>', 'before this time', parseTime)
    .option('--before <PLACE>', 'the page after this place, such as 12.1', parsePlace)
    .option('--limit <COUNT>', 'most entries of a page, 1 to 1,000 (default: 100)', parseCount)
    .action(async (app: string, user: string, filter: HistoryFilter, command: Command) => {
      const { json, ...options } = command.optsWithGlobals<CommonOptions>()
      const limit = filter.limit ?? 100
      const entries = await withStockpile(options, 'read', (stockpile) =>
        stockpile.tally(app, user).history({ ...filter, limit }),
      )
      const last = entries.at(-1)
      const next = last !== undefined && entries.length === limit ? placeOf(last) : null
      if (json === true) print(toJson({ app, user, entries, next }))
      else printEntries(entries, next)
    })
}

function printEntries(entries: readonly Entry[], next: string | null): void {
  const rows = entries.map((entry) => [
    new Date(entry.time).toISOString(),
    placeOf(entry),
    entry.item,
    entry.change > 0n ? `+${entry.change}` : entry.change.toString(),
    entry.balance.toString(),
    entry.deal,
    entry.data === null ? '' : toJson(entry.data),
  ])
  if (rows.length === 0) print('There is no such entry.')
  for (const line of toTable(rows, [1, 3, 4])) print(line)
  if (next !== null) process.stderr.write(`There may be more: --before ${next}\n`)
}

function placeOf({ version, line }: Entry): string {
  return `${version}.${line}`
}
