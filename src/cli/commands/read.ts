import type { Command } from 'commander'
import type { Items } from '../../index.ts'
import { print, toJson, toTable } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

/** Adds `get` and `all` to the command line. */
export function addReads(program: Command): void {
  program
    .command('get <APP> <USER> <ITEM...>')
    .summary('print how many of some items a user has')
    .description('Prints how many of each item a user has, all of one moment; 0 for an item that the user has none of.')
    .action(async (app: string, user: string, wanted: string[], _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const items = await withStockpile(options, 'read', (stockpile) => stockpile.tally(app, user).get(wanted))
      printItems({ app, user, items }, [...new Set(wanted)], options)
    })
  program
    .command('all <APP> <USER>')
    .summary('print everything that a user has')
    .description('Prints every item that a user has and how many, all of one moment.')
    .action(async (app: string, user: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const items = await withStockpile(options, 'read', (stockpile) => stockpile.tally(app, user).all())
      if (items.size === 0 && options.json !== true) print(`User ${user} of ${app} has nothing.`)
      else printItems({ app, user, items }, [...items.keys()], options)
    })
}

function printItems(
  { app, user, items }: { app: string; user: string; items: Items<bigint> },
  wanted: readonly string[],
  { json }: CommonOptions,
): void {
  const quantities = wanted.map((item) => [item, items.get(item) ?? 0n] as const)
  if (json === true) {
    print(toJson({ app, user, version: items.version, items: Object.fromEntries(quantities) }))
    return
  }
  const rows = quantities.map(([item, quantity]) => [item, quantity.toString()])
  for (const line of toTable(rows, [1])) print(line)
}
