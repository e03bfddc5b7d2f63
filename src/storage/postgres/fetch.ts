import type { HoldingAnswer, HoldingQuery, HoldingRow } from '../contract.ts'
import { fetchNamed, fetchWhole, type NumberedName } from './read-statements.ts'
import type { Answer } from './round.ts'
import { toHoldingRow } from './rows.ts'
import type { Call } from './statement.ts'

/** What queries about one app ask for, each thing with the number of its query. */
interface AppQueries {
  readonly named: NumberedName[]
  readonly whole: { readonly number: number; readonly user: string }[]
}

/**
 * Reads what queries ask for, each of one moment, in one round trip: one statement per app for named items, one for whole accounts.
 *
 * @param run runs statements, under the settings that they need
 * @returns an answer for each query, in order; version 0 and nothing for an account that isn't there
 */
export async function fetchHoldings(
  queries: readonly HoldingQuery[],
  run: (calls: readonly Call[]) => Promise<Answer[]>,
): Promise<HoldingAnswer[]> {
  const answers = queries.map((): { version: bigint; holdings: HoldingRow[] } => ({ version: 0n, holdings: [] }))
  const calls = [...sorted(queries)].flatMap(([app, { named, whole }]) => [
    ...(named.length === 0 ? [] : [fetchNamed(app, named)]),
    ...(whole.length === 0 ? [] : [fetchWhole(app, whole)]),
  ])
  if (calls.length === 0) return answers
  for (const { rows } of await run(calls)) {
    for (const [number, version, ...holding] of rows) {
      const query = queries[Number(number)]
      const answer = answers[Number(number)]
      if (query === undefined || answer === undefined || typeof version !== 'string') continue
      answer.version = BigInt(version)
      if (holding[0] !== null) answer.holdings.push(toHoldingRow(query.app, [query.user, ...holding]))
    }
  }
  return answers
}

function sorted(queries: readonly HoldingQuery[]): Map<string, AppQueries> {
  const apps = new Map<string, AppQueries>()
  for (const [number, { app, user, items }] of queries.entries()) {
    let of = apps.get(app)
    if (of === undefined) apps.set(app, (of = { named: [], whole: [] }))
    if (items === null) of.whole.push({ number, user })
    else for (const item of new Set(items)) of.named.push({ number, user, item })
  }
  return apps
}
