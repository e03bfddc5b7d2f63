import type { Command } from 'commander'
import { print, toJson } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

/** Adds `migrate` to the command line. */
export function addMigrate(program: Command): void {
  program
    .command('migrate [APP...]')
    .summary('make the tables of apps, and bring all others up to date')
    .description(
      'Makes the tables of the named apps and brings those of all others up to date. Running it twice does no harm, and neither does ' +
        'running it from two machines at once: one migrates, the other waits.',
    )
    .action(async (apps: string[], _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const migrations = await withStockpile(options, 'write', (stockpile) => stockpile.migrate(apps))
      if (options.json === true) print(toJson({ migrations }))
      else if (migrations.length === 0) print('Everything is up to date.')
      else for (const { name, version, title } of migrations) print(`${name}: version ${version}, ${title}`)
    })
}
