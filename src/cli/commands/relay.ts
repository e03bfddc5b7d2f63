import { once } from 'node:events'
import process from 'node:process'
import type { Command } from 'commander'
import type { Stockpile } from '../../index.ts'
import { Interrupt } from '../apply/interrupt.ts'
import { failure, usageError } from '../command-errors.ts'
import { print, toCounted, toJson } from '../output.ts'
import { RelayReport } from '../relay-report.ts'
import { withoutPassword } from '../report-failure.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

interface RelayOptions extends CommonOptions {
  readonly once?: boolean
  readonly relayMs?: number
}

// How often it looks at the list of changes, where the database can't wake it, and how often it tells of what it did.
const lookEveryMs = 100
const tellEveryMs = 500

const description = `Removes the cached values of accounts that were changed by hand, or while the cache could not be reached, until it is stopped by \
Ctrl-C or SIGTERM. Every process of the application that has the cache does so too; this is for databases that none of them is connected to \
all the time, or whose applications leave it to others with relayMs: 0. Any number of them may run: none takes what another is at.

Prints how many accounts there were, and when. What goes wrong on the way is told on standard error, and it goes on. With --once, it removes what \
there is at this moment and ends; then a fault ends it with exit code 3.`

/** Adds `relay` to the command line. */
export function addRelay(program: Command): void {
  program
    .command('relay')
    .summary('remove the cached values of accounts that are changed by hand')
    .description(description)
    .option('--once', 'remove what there is and end')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<RelayOptions>()
      if (options.cache === undefined || options.cache === '')
        throw usageError('no cache is named: say which with --cache URL or the environment variable STOCKPILE_CACHE')
      await (options.once === true ? relayOnce(options) : relayOn(options))
    })
}

async function relayOnce(options: RelayOptions): Promise<void> {
  const accounts = await withStockpile(options, 'read', (stockpile) => stockpile.relay())
  if (options.json === true) print(toJson({ total: accounts }))
  else print(`Cached values were removed: ${toCounted(accounts, 'account')}.`)
}

async function relayOn(options: RelayOptions): Promise<void> {
  using interrupt = new Interrupt()
  const report = new RelayReport({
    isJson: options.json === true,
    print,
    complain: (line) => process.stderr.write(`${withoutPassword(line)}\n`),
  })
  const relaying = { relayMs: lookEveryMs, logger: report.logger }
  const work = (stockpile: Stockpile): Promise<Stockpile> => relayUntil(interrupt.signal, stockpile, report)
  const { cacheStatistics } = await withStockpile(options, 'read', work, relaying)
  // Only now, for what was under way is done before it is closed.
  report.end(cacheStatistics?.relayed ?? 0)
}

async function relayUntil(signal: AbortSignal, stockpile: Stockpile, report: RelayReport): Promise<Stockpile> {
  if (stockpile.cacheStatistics === null) {
    throw failure(
      'the database remembers no cache, so there is nothing to remove: start an application with its cache first',
    )
  }
  // The relay goes on by itself from here on.
  await stockpile.relay()
  const telling = setInterval(() => {
    report.tell(stockpile.cacheStatistics?.relayed ?? 0)
  }, tellEveryMs)
  try {
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    clearInterval(telling)
  }
  return stockpile
}
