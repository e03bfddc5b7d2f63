import type { Command } from 'commander'
import { BulkFile } from '../bulk/bulk-file.ts'
import { print, toCounted, toJson } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

interface BulkOptions extends CommonOptions {
  readonly encoding: string
}

const description = `Runs the SQL statements of a file, or of standard input (-), as one change of an app's holdings: all of them, or none if \
one fails or the command is stopped. They are separated by semicolons.

The history gets an entry for every holding that they change. With --cache, every cached value of the app is out at the moment of the commit, \
at a cost that doesn't grow with their number, and no reader gets an older one afterwards. What they change in other apps counts as changed by hand.

Statements that end a transaction are refused, among them all of MariaDB's and MySQL's that commit by themselves, such as TRUNCATE and \
CREATE TABLE. Commands that only a shell knows are refused too, such as DELIMITER or \\copy. Prints how many statements there were, and how many rows \
they changed or answered, as the database counts them.`

/** Adds `bulk` to the command line. */
export function addBulk(program: Command): void {
  program
    .command('bulk <APP> <FILE>')
    .summary("change an app's holdings by the SQL statements of a file")
    .description(description)
    .option('--encoding <NAME>', 'the encoding of the file, such as windows-1252', 'utf-8')
    .action(async (app: string, path: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<BulkOptions>()
      const file = new BulkFile(path, options.encoding)
      const statements = await withStockpile(options, 'read', async (stockpile, { dialect }) => {
        const found = await file.statements(dialect)
        return stockpile.bulk(app, (sql) => file.run(found, sql))
      })
      const rows = statements.reduce((sum, statement) => sum + statement.rows, 0)
      if (options.json === true) print(toJson({ app, input: file.name, rows, statements }))
      else print(`${app}: ${toCounted(statements.length, 'statement')}, ${toCounted(rows, 'row')}`)
    })
}
