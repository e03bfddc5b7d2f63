import { usageError } from '../command-errors.ts'

/** Which column means what, as the options say. */
export interface CsvOptions {
  readonly app?: string
  readonly user?: string
  readonly item?: string
  readonly quantity?: string
  readonly deal?: string
  readonly key?: string
  readonly data?: readonly string[]
  readonly defaultUser?: string
}

/** Which column means what, by its place in the header. */
export interface CsvMapping {
  readonly header: readonly string[]
  readonly app: string
  readonly user: number | null
  readonly item: number
  readonly quantity: number
  readonly deal: number | null
  readonly key: number | null
  readonly data: readonly { readonly name: string; readonly column: number }[]
  readonly defaultUser: string | null
}

/**
 * Finds the columns that the options name in the header.
 *
 * @throws a usage error that lists the columns, where an option is missing or names none of them
 */
export function toMapping(name: string, header: readonly string[], delimiter: string, options: CsvOptions): CsvMapping {
  const find = (column: string | undefined): number | null =>
    column === undefined ? null : findColumn(name, header, delimiter, column)
  const { app, defaultUser } = options
  const user = find(options.user)
  const item = find(options.item)
  const quantity = find(options.quantity)
  const missing = [
    ...(app === undefined ? ['--app NAME'] : []),
    ...(user === null && defaultUser === undefined ? ['--user COLUMN or --default-user ID'] : []),
    ...(item === null ? ['--item COLUMN'] : []),
    ...(quantity === null ? ['--quantity COLUMN'] : []),
  ]
  if (app === undefined || item === null || quantity === null || missing.length > 0)
    throw usageError(`to apply a CSV file, say also ${missing.join(', ')}\n${columnsOf(name, header, delimiter)}`)
  return {
    header,
    app,
    user,
    item,
    quantity,
    deal: find(options.deal),
    key: find(options.key),
    data: (options.data ?? []).map((column) => ({
      name: column,
      column: findColumn(name, header, delimiter, column),
    })),
    defaultUser: defaultUser ?? null,
  }
}

function findColumn(name: string, header: readonly string[], delimiter: string, column: string): number {
  const index = header.indexOf(column)
  if (index === -1)
    throw usageError(`there is no column ${JSON.stringify(column)}\n${columnsOf(name, header, delimiter)}`)
  if (header.indexOf(column, index + 1) === -1) return index
  throw usageError(`${name} has two columns ${JSON.stringify(column)}: rename one`)
}

function columnsOf(name: string, header: readonly string[], delimiter: string): string {
  const columns = `${name} has the columns ${header.map((column) => JSON.stringify(column)).join(', ')}`
  const other = [';', '\t', '|', ','].find(
    (char) => char !== delimiter && header.length === 1 && header[0]?.includes(char),
  )
  if (other === undefined) return columns
  return `${columns}: are they separated by --delimiter ${other === '\t' ? 'tab' : `'${other}'`}?`
}
