import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { addApply } from './commands/apply.ts'
import { addBulk } from './commands/bulk.ts'
import { addCache } from './commands/cache.ts'
import { addHistory } from './commands/history.ts'
import { addMigrate } from './commands/migrate.ts'
import { addProve } from './commands/prove.ts'
import { addReads } from './commands/read.ts'
import { addRelay } from './commands/relay.ts'
import { addVerify } from './commands/verify.ts'
import { addWrites } from './commands/write.ts'

/** What a command leaves behind besides its output. */
export interface State {
  exitCode: number
}

/**
 * The definition of the command line: every command with its arguments and options. The docs are made of it.
 *
 * @param state where commands put their exit code
 */
export function makeProgram(state: State): Command {
  const program = new Command('stockpile')
    .description('Keeps who owns how many of what, in SQLite, MariaDB or MySQL, or PostgreSQL.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [COMMAND]', 'print help for a command')
    .addOption(
      new Option(
        '-s, --storage <URL>',
        'where the inventories are: sqlite:FILE, mysql://..., mariadb://... or postgres://...',
      ).env('STOCKPILE_STORAGE'),
    )
    .addOption(
      new Option(
        '-c, --cache <URL>',
        'the cache that the database remembers: memcached:HOST:PORT,HOST:PORT or redis://HOST:PORT/0; writes to a database that remembers none need none',
      ).env('STOCKPILE_CACHE'),
    )
    .addOption(
      new Option(
        '--tables <WHEN>',
        'auto: make missing tables; migrate: leave that to the command migrate; unless said otherwise, writes to SQLite make them',
      ).choices(['auto', 'migrate']),
    )
    .option('--json', 'print JSON, with quantities as decimal strings; errors too')
    .configureHelp({ showGlobalOptions: true })
    // Everything that goes wrong is printed in one place: reportFailure.
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  addMigrate(program)
  addReads(program)
  addWrites(program)
  addHistory(program)
  addVerify(program, state)
  addApply(program, state)
  addBulk(program)
  addCache(program)
  addRelay(program)
  addProve(program, state)
  return program
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
