import { usageError } from '../command-errors.ts'
import { toMapping, type CsvMapping, type CsvOptions } from './csv-mapping.ts'
import { readCsvRows, type CsvRow } from './csv-rows.ts'
import type { FileChange, FileDeal, FileFault } from './file-deal.ts'
import type { Input } from './input.ts'
import { SeenDeals } from './seen-deals.ts'

// The most that a deal can have; what is beyond need not be kept.
const changesMax = 10_000

/**
 * Reads deals from a CSV file with a header: rows that follow one another and have the same value in the deal column are one deal;
 * without a deal column every row is one. A positive quantity is added, a negative one is taken, a row with 0 moves nothing and is left
 * out.
 *
 * A row that is none makes its whole deal a fault. So does a deal whose rows don't stand together, where it comes up again.
 *
 * @throws a usage error for text that is no CSV and for columns that aren't there
 */
export async function* readCsvDeals(
  input: Input,
  options: CsvOptions & { readonly delimiter: string },
  signal: AbortSignal,
): AsyncGenerator<FileDeal> {
  let mapping: CsvMapping | null = null
  let group: Group | null = null
  let ordinal = 0
  const seen = new SeenDeals()
  for await (const row of readCsvRows(input, options.delimiter, signal)) {
    if (mapping === null) {
      const header = row.cells.map((cell) => cell.trim())
      mapping = toMapping(input.name, header, options.delimiter, options)
      continue
    }
    const name = mapping.deal === null ? null : (row.cells[mapping.deal] ?? '')
    if (group !== null && name !== null && name !== '' && name === group.name) {
      group.add(row)
      continue
    }
    if (group !== null) yield group.finish()
    ordinal += 1
    group = new Group(mapping, name ?? ordinal.toString(), row.line)
    if (name === '') group.fail(row, `has no deal in column ${mapping.header[mapping.deal!]}`)
    else if (name !== null && seen.add(name))
      group.fail(
        row,
        `deal ${JSON.stringify(name)} comes up again: the rows of a deal must stand together, so sort the file by it`,
        true,
      )
    group.add(row)
  }
  if (mapping === null) throw usageError(`${input.name} is empty: the first line of a CSV file names its columns`)
  if (group !== null) yield group.finish()
}

/** The rows of one deal while they go by. */
class Group {
  readonly name: string
  readonly #mapping: CsvMapping
  readonly #line: number
  readonly #changes: FileChange[] = []
  #key: string | null = null
  #data: Record<string, string> | undefined
  #rowsSkipped = 0
  #fault: FileFault | null = null

  constructor(mapping: CsvMapping, name: string, line: number) {
    this.#mapping = mapping
    this.name = name
    this.#line = line
  }

  /** Takes a row, unless the deal has a fault already. */
  add(row: CsvRow): void {
    if (this.#fault !== null) return
    const { header, user, item, quantity, defaultUser, app } = this.#mapping
    if (row.cells.length !== header.length)
      return this.fail(row, `has ${row.cells.length} cells, and the header has ${header.length}`)
    const broken = this.#usedCells(row).find(({ text }) => text.includes('\ufffd'))
    if (broken !== undefined)
      return this.fail(row, `${broken.name} holds bytes that are not in the encoding: see --encoding`)
    if (!this.#takeKeyAndData(row)) return undefined
    const amount = row.cells[quantity]!.trim()
    if (!/^[+-]?\d+$/.test(amount)) {
      return this.fail(row, `${header[quantity]} must be a whole number; got ${JSON.stringify(row.cells[quantity])}`)
    }
    const moved = BigInt(amount.replace('+', ''))
    if (moved === 0n) {
      this.#rowsSkipped += 1
      return undefined
    }
    const owner = user === null || row.cells[user]!.trim() === '' ? defaultUser : row.cells[user]!
    if (owner === null) return this.fail(row, `has no user in column ${header[user!]}: see --default-user`)
    if (this.#changes.length === changesMax)
      return this.fail(row, `deal ${JSON.stringify(this.name)} has more than ${changesMax} rows, the most of a deal`)
    this.#changes.push({
      verb: moved > 0n ? 'add' : 'subtract',
      app,
      user: owner,
      item: row.cells[item]!,
      amount: moved > 0n ? moved : -moved,
      line: row.line,
    })
  }

  /** Makes the whole deal a fault. The first one stays. */
  fail(row: CsvRow, message: string, isScattered = false): void {
    const source = Object.fromEntries(this.#mapping.header.map((name, column) => [name, row.cells[column] ?? null]))
    this.#fault ??= { line: row.line, message: `line ${row.line}: ${message}`, isScattered, source }
  }

  finish(): FileDeal {
    return {
      name: this.name,
      key: this.#key,
      line: this.#line,
      data: this.#data,
      changes: this.#fault === null ? this.#changes : [],
      rowsSkipped: this.#rowsSkipped,
      fault: this.#fault,
    }
  }

  /** Takes the deal's key and data from its first row; those of the others must be the same, as they belong to the deal as a whole. */
  #takeKeyAndData(row: CsvRow): boolean {
    const { key, data, header } = this.#mapping
    const isFirst = row.line === this.#line
    const ownKey = key === null ? null : row.cells[key]!
    if (isFirst) {
      this.#key = ownKey === '' ? null : ownKey
      if (data.length > 0) this.#data = Object.fromEntries(data.map(({ name, column }) => [name, row.cells[column]!]))
      return true
    }
    const other = [
      ...(ownKey === (this.#key ?? ownKey) ? [] : [header[key!]!]),
      ...data.flatMap(({ name, column }) => (this.#data?.[name] === row.cells[column] ? [] : [name])),
    ][0]
    if (other === undefined) return true
    this.fail(row, `${other} is not the same as in line ${this.#line}: it belongs to the deal as a whole`)
    return false
  }

  /** The cells that end up in the database. */
  #usedCells(row: CsvRow): { name: string; text: string }[] {
    const { header, user, item, deal, key, data } = this.#mapping
    const columns = [user, item, deal, key, ...data.map(({ column }) => column)]
    return columns.flatMap((column) => (column === null ? [] : [{ name: header[column]!, text: row.cells[column]! }]))
  }
}
