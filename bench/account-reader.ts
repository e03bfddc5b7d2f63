import type { Stockpile } from '../src/index.ts'

/** Something that answers what an account has, from wherever it has that. */
export interface AccountReader extends AsyncDisposable {
  readonly name: string
  /** How many of one item there are. */
  get(user: number, item: number): Promise<bigint>
  /** All items, each with how many there are. */
  all(user: number): Promise<AccountItems>
}

/** Items with how many there are of each. */
export interface AccountItems extends Iterable<[string, bigint]> {
  readonly size: number
  get(item: string): bigint | undefined
}

/** Stockpile as a reader, with whatever cache it has. */
export function stockpileReader(stockpile: Stockpile, app: string): AccountReader {
  return {
    name: 'Stockpile',
    get: (user, item) => stockpile.tally(app, user).get(item),
    all: (user) => stockpile.tally(app, user).all(),
    [Symbol.asyncDispose]: () => stockpile.close(),
  }
}
