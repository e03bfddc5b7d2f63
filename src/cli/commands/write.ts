import type { Command } from 'commander'
import type { Outcome } from '../../index.ts'
import { parseObject, parseWhole } from '../arguments.ts'
import { print, toJson, toTable } from '../output.ts'
import { withStockpile, type CommonOptions } from '../session.ts'

/** What the command line can do to an item. */
type WriteVerb = 'add' | 'subtract' | 'set'

interface WriteCommandOptions extends CommonOptions {
  readonly key?: string
  readonly data?: Record<string, unknown>
  readonly ifVersion?: bigint
}

/** Adds `add`, `subtract` and `set` to the command line. */
export function addWrites(program: Command): void {
  addWrite(program, 'add', '[QUANTITY]', 'Adds to what a user has of an item; 1 unless said otherwise.')
  addWrite(
    program,
    'subtract',
    '[QUANTITY]',
    'Takes from what a user has of an item; 1 unless said otherwise. Refused where the user has less: then nothing is taken.',
  )
  addWrite(program, 'set', '<QUANTITY>', 'Makes what a user has of an item exactly this.')
}

function addWrite(program: Command, verb: WriteVerb, quantityArgument: string, description: string): void {
  const summaries = {
    add: 'add to what a user has',
    subtract: 'take from what a user has',
    set: 'make what a user has exactly this',
  }
  program
    .command(`${verb} <APP> <USER> <ITEM>`)
    .summary(summaries[verb])
    .description(`${description} Prints the new quantity.`)
    .argument(quantityArgument, 'a whole number', parseWhole)
    .option('--key <KEY>', 'idempotency key: the same key and request are done once, however often they are sent')
    .option('--data <JSON>', 'a JSON object that is kept with the history', parseObject)
    .option('--if-version <VERSION>', 'refuse unless the account is at this version', parseWhole)
    .action(
      async (
        app: string,
        user: string,
        item: string,
        quantity: bigint | undefined,
        _options: object,
        command: Command,
      ) => {
        const options = command.optsWithGlobals<WriteCommandOptions>()
        const { key, data, ifVersion } = options
        const outcomes = await withStockpile(options, 'write', (stockpile) => {
          const change = stockpile.tally(app, user).plan[verb](item, quantity ?? 1n)
          return stockpile.deal([change], { key, data, ifVersion })
        })
        for (const outcome of outcomes) printOutcome(outcome, options)
      },
    )
}

function printOutcome(outcome: Outcome, { json }: CommonOptions): void {
  if (json === true) print(toJson(outcome))
  else for (const line of toTable([[outcome.item, outcome.quantity.toString()]])) print(line)
}
