import type { EntryQuery, HoldingName } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { call, perApp, type Call, type Tables } from './statement.ts'

// What is read of an app's tables without a lock.

const bigintMax = 2n ** 63n - 1n
const integerMax = 2 ** 31 - 1
// Above every id: an id has at most 64 bytes, and no character is above this one.
const idMax = '\u{10ffff}'.repeat(17)

/** A holding that is asked for, and the number of the query that asks for it. */
export type NumberedName = Omit<HoldingName, 'app'> & { readonly number: number }

/**
 * Reads what queries about one app ask for, as one statement, which sees one moment: single keys of the primary keys, no locks. Answers
 * number, version, item_id, quantity, serials, position; version is null for an account that isn't there, item_id and what follows for a
 * holding that isn't. With `hasSerials` a row for each serial of a holding, with serial and properties besides, ranges of the primary key;
 * null for a holding without any.
 */
export function fetchNamed(app: string, names: readonly NumberedName[], hasSerials: boolean): Call {
  const [numbers, users] = [integers(names.map((name) => name.number)), texts(names.map((name) => name.user))]
  const statement = hasSerials ? namedFetchedWithSerials : namedFetched
  return call(statement(app), [numbers, users, texts(names.map((name) => name.item))])
}

/** Reads all holdings of accounts as `fetchNamed` does: ranges of the primary key. */
export function fetchWhole(app: string, names: readonly Omit<NumberedName, 'item'>[], hasSerials: boolean): Call {
  const numbers = integers(names.map((name) => name.number))
  const statement = hasSerials ? wholeFetchedWithSerials : wholeFetched
  return call(statement(app), [numbers, texts(names.map((name) => name.user))])
}

const namedList = 'unnest($1::integer[], $2::text[], $3::text[]) AS w(number, user_id, item_id)'
const wholeList = 'unnest($1::integer[], $2::text[]) AS w(number, user_id)'
const namedFetched = perApp('fetch_named', (tables) => fetchSql(tables, namedList, false))
const namedFetchedWithSerials = perApp('fetch_named_serials', (tables) => fetchSql(tables, namedList, true))
const wholeFetched = perApp('fetch_whole', (tables) => fetchSql(tables, wholeList, false))
const wholeFetchedWithSerials = perApp('fetch_whole_serials', (tables) => fetchSql(tables, wholeList, true))

// OFFSET 0 keeps the planner from turning the lookups into joins of its own choice.
function fetchSql({ account, holding, serial }: Tables, list: string, hasSerials: boolean): string {
  const item = list === namedList ? 'AND r.item_id = w.item_id' : ''
  const serials = `LEFT JOIN LATERAL (SELECT serial, properties FROM ${serial} AS r
    WHERE r.user_id = w.user_id AND r.item_id = h.item_id OFFSET 0) AS s ON true`
  return `SELECT w.number, a.version, h.item_id, h.quantity, h.serials, h.position${hasSerials ? ', s.serial, s.properties' : ''}
    FROM ${list}
    LEFT JOIN LATERAL (SELECT version FROM ${account} AS r WHERE r.user_id = w.user_id OFFSET 0) AS a ON true
    LEFT JOIN LATERAL (SELECT item_id, quantity, serials, position FROM ${holding} AS r
      WHERE r.user_id = w.user_id ${item} OFFSET 0) AS h ON true ${hasSerials ? serials : ''}`
}

const historyColumns = 'user_id, version, line, item_id, change, balance, serials, party, deal, data, time'

/**
 * Reads a page of an account's history: a range of the primary key, read from its end until the page is full, filtered as it goes; no
 * locks. Answers rows of history.
 */
export function readEntries({ app, user, item, deal, since, until, before, limit }: EntryQuery): Call {
  const times = [since?.toString() ?? null, until?.toString() ?? null]
  // No history reaches the largest version and line that there could be.
  const end = [(before?.version ?? bigintMax).toString(), (before?.line ?? integerMax).toString()]
  return call(entriesRead(app), [user, ...end, item, deal, ...times, String(limit)])
}

const entriesRead = perApp(
  'read_entries',
  ({ history }) => `SELECT ${historyColumns} FROM ${history} WHERE user_id = $1 AND (version, line) < ($2, $3)
    AND ($4::text IS NULL OR item_id = $4) AND ($5::uuid IS NULL OR deal = $5)
    AND ($6::bigint IS NULL OR time >= $6) AND ($7::bigint IS NULL OR time < $7)
    ORDER BY version DESC, line DESC LIMIT $8`,
)

/** Counts accounts by the primary key, no locks; where the table is large and was analyzed, answers its statistics instead. */
export function countAccounts(app: string): Call {
  return call(accountsCounted(app))
}

const accountsCounted = perApp(
  'count_accounts',
  ({
    account,
  }) => `SELECT CASE WHEN reltuples >= 100000 THEN reltuples::bigint ELSE (SELECT count(*) FROM ${account}) END
    FROM pg_class WHERE oid = '${account}'::regclass`,
)

/** Reads accounts above a user: a range of the primary key in its order, no locks. Answers user_id, version, changed_at. */
export function readAccountsAfter(app: string, after: string, limit: number): Call {
  return call(accountsAfter(app), [after, String(limit)])
}

const accountsAfter = perApp(
  'read_accounts_after',
  ({ account }) => `SELECT user_id, version, changed_at FROM ${account} WHERE user_id > $1 ORDER BY user_id LIMIT $2`,
)

/**
 * Reads the holdings of a range of users: a range of the primary key in its order, no locks. Answers user_id, item_id, quantity, serials,
 * position.
 */
export function readHoldingsAfter(app: string, after: string, upTo: string | null): Call {
  return call(holdingsAfter(app), [after, upTo ?? idMax])
}

const holdingsAfter = perApp(
  'read_holdings_after',
  ({ holding }) => `SELECT user_id, item_id, quantity, serials, position FROM ${holding}
    WHERE user_id > $1 AND user_id <= $2 ORDER BY user_id, item_id`,
)

/** Reads the serials of a range of users: a range of the primary key in its order, no locks. Answers user_id, item_id, serial, properties. */
export function readSerialsAfter(app: string, after: string, upTo: string | null): Call {
  return call(serialsAfter(app), [after, upTo ?? idMax])
}

const serialsAfter = perApp(
  'read_serials_after',
  ({ serial }) => `SELECT user_id, item_id, serial, properties FROM ${serial}
    WHERE user_id > $1 AND user_id <= $2 ORDER BY user_id, item_id`,
)

/** Reads history above a line, up to a user: a range of the primary key in its order, no locks. Answers rows of history. */
export function readHistoryAfter(
  app: string,
  after: { readonly user: string; readonly version: bigint; readonly line: number },
  upTo: string | null,
  limit: number,
): Call {
  const start = [after.user, after.version.toString(), String(after.line)]
  return call(historyAfter(app), [...start, upTo ?? idMax, String(limit)])
}

const historyAfter = perApp(
  'read_history_after',
  ({ history }) => `SELECT ${historyColumns} FROM ${history}
    WHERE (user_id, version, line) > ($1, $2, $3) AND user_id <= $4 ORDER BY user_id, version, line LIMIT $5`,
)
