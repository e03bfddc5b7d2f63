import type { HoldingAnswer, HoldingQuery, HoldingRow, SerialRow } from '../contract.ts'
import { fetchNamed, fetchWhole, type NumberedName } from './read-statements.ts'
import type { Answer } from './round.ts'
import { toHoldingRow, toSerialRow } from './rows.ts'
import type { Call } from './statement.ts'

/** What queries about one app ask for, each thing with the number of its query; with and without serials apart. */
interface AppQueries {
  readonly app: string
  readonly hasSerials: boolean
  readonly named: NumberedName[]
  readonly whole: { readonly number: number; readonly user: string }[]
}

/** An answer while its rows come in. */
interface Gathered {
  version: bigint
  readonly holdings: HoldingRow[]
  readonly serials: SerialRow[]
}

/**
 * Reads what queries ask for, each of one moment, in one round trip: one statement per app for named items, one for whole accounts, and
 * likewise with serials.
 *
 * @param run runs statements, under the settings that they need
 * @returns an answer for each query, in order; version 0 and nothing for an account that isn't there
 */
export async function fetchHoldings(
  queries: readonly HoldingQuery[],
  run: (calls: readonly Call[]) => Promise<Answer[]>,
): Promise<HoldingAnswer[]> {
  const answers = queries.map((): Gathered => ({ version: 0n, holdings: [], serials: [] }))
  const calls = sorted(queries).flatMap(({ app, hasSerials, named, whole }) => [
    ...(named.length === 0 ? [] : [fetchNamed(app, named, hasSerials)]),
    ...(whole.length === 0 ? [] : [fetchWhole(app, whole, hasSerials)]),
  ])
  if (calls.length === 0) return answers
  for (const { rows } of await run(calls)) for (const row of rows) gather(queries, answers, row)
  return answers
}

function gather(queries: readonly HoldingQuery[], answers: readonly Gathered[], row: Answer['rows'][number]): void {
  const [number, version, item, quantity, serials, position, serial, properties] = row
  const query = queries[Number(number)]
  const answer = answers[Number(number)]
  if (query === undefined || answer === undefined || typeof version !== 'string') return
  answer.version = BigInt(version)
  if (typeof item !== 'string') return
  const { app, user } = query
  // A holding with serials comes once for each of them, in a row.
  if (answer.holdings.at(-1)?.item !== item) {
    answer.holdings.push(toHoldingRow(app, [user, item, quantity ?? null, serials ?? null, position ?? null]))
  }
  if (typeof serial === 'string') answer.serials.push(toSerialRow(app, [user, item, serial, properties ?? null]))
}

function sorted(queries: readonly HoldingQuery[]): AppQueries[] {
  const groups = new Map<string, AppQueries>()
  for (const [number, { app, user, items, hasSerials }] of queries.entries()) {
    const name = `${app} ${hasSerials}`
    let of = groups.get(name)
    if (of === undefined) groups.set(name, (of = { app, hasSerials, named: [], whole: [] }))
    if (items === null) of.whole.push({ number, user })
    else for (const item of new Set(items)) of.named.push({ number, user, item })
  }
  return [...groups.values()]
}
