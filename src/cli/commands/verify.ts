import type { Command } from 'commander'
import type { Stockpile, VerifyReport } from '../../index.ts'
import { exitCodes } from '../exit-codes.ts'
import { print, toCount, toCounted, toJson } from '../output.ts'
import { Progress } from '../progress.ts'
import type { State } from '../program.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

/** Adds `verify` to the command line. */
export function addVerify(program: Command, state: State): void {
  program
    .command('verify [APP...]')
    .summary('check that the history adds up to the holdings')
    .description(
      'Checks that the history of every account adds up to its holdings and has no gap, in the named apps or in all of them, beside the ' +
        'work that goes on. Prints every break with its rows; exit code 1 if there is one.',
    )
    .option('-q, --quiet', 'print no progress')
    .action(async (names: string[], { quiet }: { quiet?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const reports = await withStockpile(options, 'read', async (stockpile) => {
        const apps = names.length > 0 ? names : await stockpile.apps()
        const done: VerifyReport[] = []
        for (const app of apps) done.push(await verifyApp(stockpile, app, quiet === true))
        return done
      })
      if (reports.some(({ breaks }) => breaks.length > 0)) state.exitCode = exitCodes.refused.code
      if (options.json === true) print(toJson({ apps: reports }))
      else printReports(reports)
    })
}

async function verifyApp(stockpile: Stockpile, app: string, isQuiet: boolean): Promise<VerifyReport> {
  const progress = new Progress({ isQuiet })
  try {
    return await stockpile.verify(app, {
      onProgress: ({ done, accounts }) => {
        const part = accounts === 0 ? 1 : done / accounts
        progress.tell({ part, text: `${app}: ${toCount(done)} of about ${toCounted(accounts, 'account')}` })
      },
    })
  } finally {
    progress.end()
  }
}

function printReports(reports: readonly VerifyReport[]): void {
  if (reports.length === 0) print('There is no app in this database yet, so there is nothing to verify.')
  for (const { app, accounts, entries, breaks } of reports) {
    const checked = `${toCounted(accounts, 'account')}, ${toCount(entries)} of history`
    if (breaks.length === 0) print(`${app}: in order (${checked})`)
    else print(`${app}: ${toCounted(breaks.length, 'break')} (${checked})`)
    for (const { rule, message, rows } of breaks) {
      print(`  ${rule}: ${message}`)
      for (const row of rows) print(`    ${toJson(row)}`)
    }
  }
}
