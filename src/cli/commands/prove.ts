import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import { Interrupt } from '../apply/interrupt.ts'
import { parseCount } from '../arguments.ts'
import { failure, usageError } from '../command-errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { print, toCounted, toJson } from '../output.ts'
import { Progress } from '../progress.ts'
import type { State } from '../program.ts'
import type { CommonOptions } from '../session.ts'

interface ProveOptions extends CommonOptions {
  readonly cache?: string
  readonly seconds: number
  readonly reads: number
  readonly processes: number
  readonly seed?: number
}

const description = `Tries to catch Stockpile at a stale read on your own servers: several processes read and write the same few accounts through \
the cache, with pauses in the middle of everything, rollbacks, refusals, changes by SQL and by hand, and cache entries that are removed at \
random, while half of the processes are killed again and again. Every answer is held against everything that was acknowledged, or answered to \
anybody, before it was asked for. Prints a report; exit code 1 if a single read was wrong.

It works in an app of its own and takes it away again. It needs a database that has this cache already, or none: an empty one on the same \
server will do, and tells the same.`

/** Adds `prove` to the command line. */
export function addProve(program: Command, state: State): void {
  program
    .command('prove')
    .summary('try to catch the cache at a stale read, on your own servers')
    .description(description)
    .option('--seconds <N>', 'for how long, unless the reads are done before', parseCount, 30)
    .option('--reads <N>', 'after how many reads it ends', parseCount, 1_000_000)
    .option('--processes <N>', 'how many processes work at the same time', parseCount, 4)
    .option('--seed <N>', 'the seed of all random choices of a report before, to make them again', parseCount)
    .action(async (_options: object, command: Command) => {
      state.exitCode = await prove(command.optsWithGlobals<ProveOptions>())
    })
}

async function prove(options: ProveOptions): Promise<number> {
  const { storage, cache, processes, seconds, reads, seed = randomInt(2 ** 31), json } = options
  if (storage === undefined || cache === undefined) {
    throw usageError('a database and a cache are needed: stockpile prove --storage URL --cache URL')
  }
  if (processes < 1 || seconds < 1) throw usageError('at least one process and one second are needed')
  if (cache.startsWith('memory:') && processes > 1) {
    throw usageError('a cache in memory belongs to one process: say --processes 1')
  }
  // Only who asks for it waits for all of this to be loaded.
  const [{ Prover }, { reportLines, violationsOf }, { cleanUp, lookBefore }] = await Promise.all([
    import('../prove/prover.ts'),
    import('../prove/report-lines.ts'),
    import('../prove/clean-up.ts'),
  ])
  const before = await lookBefore(storage)
  if (before.note === null && before.apps.length > 0) {
    throw failure(
      'this database has inventories and no cache, and while it had one, whoever writes without it would be refused: ' +
        'name an empty database on the same server',
    )
  }
  const app = `prove_${randomInt(2 ** 31).toString(36)}`
  const trial = { storage, cache, cacheOptions: { ttlMs: 120_000 }, app, seed, processes, readsMax: reads } as const
  let left: readonly string[]
  let report
  using interrupt = new Interrupt()
  const progress = new Progress({ isQuiet: json === true })
  try {
    await using prover = await Prover.open({
      ...trial,
      signal: interrupt.signal,
      onProgress: (now) => {
        const part = Math.max(now.reads / reads, now.seconds / seconds)
        progress.tell({ part, text: toCounted(now.reads, 'read') })
      },
      lateMsMax: 10_000,
      secondsMax: seconds,
      readers: 12,
      writers: 6,
      lifeMsMax: 3_000,
      byHandEveryMs: 250,
    })
    report = await prover.run()
  } finally {
    progress.end()
    left = await cleanUp(storage, app, before)
  }
  if (json === true) print(toJson({ ...report, seed, left }))
  else for (const line of reportLines(report, left)) print(line)
  if (violationsOf(report) > 0) return exitCodes.refused.code
  return interrupt.exitCode ?? exitCodes.done.code
}
