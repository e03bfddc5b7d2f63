import type { HoldingAnswer, HoldingQuery, HoldingRow, SerialRow } from '../contract.ts'
import type { Line } from './connection.ts'
import { toHoldingRow, toSerialRow } from './rows.ts'
import { fetchHoldings as fetchStatement } from './statements.ts'

/** What the server answers for a part of a fetch. */
export type FetchedColumns = readonly [
  user: string,
  item: string | null,
  quantity: bigint,
  serials: number | bigint | null,
  position: bigint | null,
  properties: string | null,
]

/** How to fetch: statements to be run in this order, and what makes answers of their rows. */
export interface Fetch {
  readonly statements: readonly string[]
  /** An answer for each query, in order; version 0 and nothing for an account that isn't there. */
  read(results: readonly (readonly FetchedColumns[])[]): HoldingAnswer[]
}

/** What a statement answered about one user. */
interface Fetched {
  version: bigint
  readonly holdings: Map<string, HoldingRow>
  readonly serials: Map<string, SerialRow[]>
}

/**
 * Reads what queries ask for, each of one moment, in as few round trips as the driver allows.
 *
 * @param lock what is to be locked on the way, so that it is read as it is and not as a snapshot has it
 * @returns an answer for each query, in order; version 0 and nothing for an account that isn't there
 */
export async function fetchHoldings(
  connection: Line,
  queries: readonly HoldingQuery[],
  lock: '' | ' FOR UPDATE' = '',
): Promise<HoldingAnswer[]> {
  const fetch = planFetch(queries, lock)
  return fetch.read(await connection.rowsOfAll<FetchedColumns>(fetch.statements))
}

/**
 * The statements that read what queries ask for, and how their rows become answers.
 */
export function planFetch(queries: readonly HoldingQuery[], lock: '' | ' FOR UPDATE' = ''): Fetch {
  const batches = batchesOf(queries)
  const statements = batches.map(({ app, queries: few }) => fetchStatement(app, few, lock))
  return { statements, read: (results) => toAnswers(queries, batches, results) }
}

function toAnswers(
  queries: readonly HoldingQuery[],
  batches: ReturnType<typeof batchesOf>,
  results: readonly (readonly FetchedColumns[])[],
): HoldingAnswer[] {
  const answers = new Map<HoldingQuery, HoldingAnswer>()
  for (const [index, { app, queries: few }] of batches.entries()) {
    const users = gather(app, results[index] ?? [])
    for (const query of few) answers.set(query, toAnswer(query, users.get(query.user)))
  }
  return queries.map((query) => answers.get(query) ?? { version: 0n, holdings: [], serials: [] })
}

function gather(app: string, rows: readonly FetchedColumns[]): Map<string, Fetched> {
  const users = new Map<string, Fetched>()
  for (const [user, item, quantity, count, position, properties] of rows) {
    let fetched = users.get(user)
    if (fetched === undefined) users.set(user, (fetched = { version: 0n, holdings: new Map(), serials: new Map() }))
    if (item === null) fetched.version = quantity
    else if (properties === null)
      fetched.holdings.set(item, toHoldingRow(app, [user, item, quantity, Number(count), position]))
    else {
      const ofItem = fetched.serials.get(item) ?? []
      fetched.serials.set(item, ofItem)
      ofItem.push(toSerialRow(app, [user, item, quantity, properties]))
    }
  }
  return users
}

function toAnswer({ items, hasSerials }: HoldingQuery, fetched: Fetched | undefined): HoldingAnswer {
  if (fetched === undefined) return { version: 0n, holdings: [], serials: [] }
  const { version, holdings, serials } = fetched
  const names = items === null ? [...holdings.keys()] : [...new Set(items)]
  return {
    version,
    holdings: names.flatMap((item) => holdings.get(item) ?? []),
    serials: hasSerials ? names.flatMap((item) => serials.get(item) ?? []) : [],
  }
}

// Names in one statement: some thousand cost the optimizer about as much as they would in several.
const namesPerFetch = 2_000

/** Queries about one app, each whole, up to about `namesPerFetch` names in each batch. */
function batchesOf(queries: readonly HoldingQuery[]): { app: string; queries: HoldingQuery[] }[] {
  const batches: { app: string; queries: HoldingQuery[]; names: number }[] = []
  const openBatches = new Map<string, { app: string; queries: HoldingQuery[]; names: number }>()
  for (const query of queries) {
    let batch = openBatches.get(query.app)
    if (batch === undefined || batch.names >= namesPerFetch) {
      batch = { app: query.app, queries: [], names: 0 }
      openBatches.set(query.app, batch)
      batches.push(batch)
    }
    batch.queries.push(query)
    batch.names += 1 + (query.items?.length ?? 1)
  }
  return batches
}
