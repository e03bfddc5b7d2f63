import type { Command } from 'commander'
import process from 'node:process'
import { DealFile, type ApplyOptions } from '../apply/apply-file.ts'
import { Interrupt } from '../apply/interrupt.ts'
import { summaryFacts, summaryLines } from '../apply/summary.ts'
import { collect } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { print, toJson } from '../output.ts'
import type { State } from '../program.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

const description = `Applies the deals of a file, or of standard input (-), one after the other.

JSON lines hold a deal each: {"key"?, "app"?, "data"?, "changes": [{"verb": "add", "app"?, "user", "item", "quantity"?}, ...]}. \
A quantity above 2^53 goes in quotes.

CSV needs to be told what its columns mean: --app, --item, --quantity, and --user or --default-user. Each row is a deal of its own; \
with --deal, rows that follow one another and have the same value there are one deal. The rows of a deal must stand together: otherwise a file \
is not applied at all, and from standard input the deal is refused where it comes up again. A positive quantity is added, a negative one \
taken, and a row with 0 left out.

A deal happens as a whole or is refused as a whole. Refused deals go to a file with their reasons, and so do rows that are none, \
which make their whole deal a refused one. That file can be corrected and applied itself.

Stopped or killed at any moment, it can be run again: every deal has an idempotency key, apply:RUN:DEAL, made of the run's name and the deal's \
value in --deal, or its place among the deals of the file. The end is the same as if it had run once, the file of refused deals included. To \
apply a file a second time, or another one of the same name, name another --run.`

/** Adds `apply` to the command line. */
export function addApply(program: Command, state: State): void {
  program
    .command('apply <FILE>')
    .summary('apply the deals of a CSV or JSON lines file; can be resumed')
    .description(description)
    .option('--run <NAME>', "what the deals' keys begin with (default: the file's name; needed for standard input)")
    .option('--app <APP>', 'the app of deals that name none; needed for CSV')
    .option('--csv', 'the input is CSV, whatever its name')
    .option('--jsonl', 'the input is JSON lines, whatever its name')
    .option('--user <COLUMN>', 'CSV: the column of the user')
    .option('--default-user <ID>', 'CSV: the user of rows that name none')
    .option('--item <COLUMN>', 'CSV: the column of the item')
    .option('--quantity <COLUMN>', 'CSV: the column of the quantity')
    .option('--deal <COLUMN>', 'CSV: the column that says which rows are one deal')
    .option('--key <COLUMN>', 'CSV: the column of the idempotency key, instead of apply:RUN:DEAL')
    .option(
      '--data <COLUMN>',
      'CSV: a column that is kept with the history, the same in all rows of a deal; may be given several times',
      collect,
    )
    .option('--delimiter <CHAR>', 'CSV: what separates cells; tab for a tab (default: a comma, or a tab in .tsv)')
    .option('--encoding <NAME>', 'the encoding of the input, such as windows-1252', 'utf-8')
    .option('--refused <FILE>', 'where refused deals go (default: FILE.refused.jsonl, if there are any)')
    .option('-q, --quiet', 'print no progress')
    .action(async (path: string, options: ApplyOptions, command: Command) => {
      using interrupt = new Interrupt()
      const common = command.optsWithGlobals<CommonOptions>()
      const file = new DealFile(path, options, interrupt)
      state.exitCode = await applyFile(file, common, interrupt)
    })
}

async function applyFile(file: DealFile, options: CommonOptions, interrupt: Interrupt): Promise<number> {
  return withStockpile(options, 'write', async (stockpile) => {
    await file.check()
    const { summary, failure } = await file.apply(stockpile)
    if (options.json === true) print(toJson(summaryFacts(summary)))
    else if (summary.isComplete) for (const line of summaryLines(summary)) print(line)
    else process.stderr.write(`${summaryLines(summary).join('\n')}\n`)
    if (failure !== null) throw failure
    if (interrupt.exitCode !== null) return interrupt.exitCode
    return summary.counts.refused > 0 ? exitCodes.refused.code : exitCodes.done.code
  })
}
