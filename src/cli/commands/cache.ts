import type { Command } from 'commander'
import type { CacheNote } from '../../index.ts'
import { usageError } from '../command-errors.ts'
import { print, toJson, toTable } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

interface CacheCommandOptions extends CommonOptions {
  readonly forget?: boolean
  readonly yes?: boolean
}

const description = `Prints what the database remembers of its cache: the cache's name, since when, and, where it is in the memory of a process, of \
which one. Whoever writes to the database must have this cache.

With --forget, the database is made to forget it, so that it can be used without a cache or with another one. All processes that use the cache \
must be stopped before, the relay included: they would go on reading what lies in it, while others write without telling it. What lies in it \
is never found again, also if the same cache is used later.`

/** Adds `cache` to the command line. */
export function addCache(program: Command): void {
  program
    .command('cache')
    .summary('print which cache the database remembers, or make it forget')
    .description(description)
    .option('--forget', 'make the database forget its cache; all processes that use it must be stopped before')
    .option('--yes', 'that they are')
    .action(async (_options: object, command: Command) => {
      // Whatever cache is named here need not be the one that is remembered.
      const options = { ...command.optsWithGlobals<CacheCommandOptions>(), cache: undefined }
      await (options.forget === true ? forget(options) : show(options))
    })
}

async function show(options: CacheCommandOptions): Promise<void> {
  if (options.yes === true) throw usageError('--yes is for --forget')
  const note = await withStockpile(options, 'read', (stockpile) => stockpile.cacheNote())
  if (options.json === true) print(toJson({ cache: note }))
  else if (note === null) print('The database remembers no cache.')
  else for (const line of noteLines(note)) print(line)
}

async function forget(options: CacheCommandOptions): Promise<void> {
  if (options.yes !== true) {
    throw usageError(
      'processes that use the cache would read old values once the database has forgotten it: stop all of them, the relay included, ' +
        'and say so with --yes',
    )
  }
  const note = await withStockpile(options, 'read', (stockpile) => stockpile.forgetCache())
  if (options.json === true) print(toJson({ forgotten: note }))
  else print(note === null ? 'The database remembered no cache.' : `The database has forgotten ${note.name}.`)
}

function noteLines({ name, since, process, isAbandoned }: CacheNote): string[] {
  return toTable([
    ['cache', name],
    ...(since === null ? [] : [['since', new Date(since).toISOString()]]),
    ...(process === null
      ? []
      : [['process', `${process.id} on ${process.host}${isAbandoned ? ', which has ended' : ''}`]]),
  ])
}
