import type { WholeAnswer } from '../cached-contract.ts'
import type { AccountName } from '../contract.ts'
import { generationOf, probeAccounts, probeGenerations, readGenerations, type ShareLock } from './cached-statements.ts'
import type { Line } from './connection.ts'
import { planFetch, type FetchedColumns } from './fetch.ts'

/**
 * Reads whole accounts and tells which of them may be kept, in one round trip of a connection whose statements are transactions of their
 * own. First they see which rows are unlocked, then they read plainly: a statement that did both would read holdings that are older than
 * its lock.
 */
export async function fetchWhole(
  connection: Line,
  accounts: readonly AccountName[],
  lock: ShareLock,
): Promise<WholeAnswer[]> {
  const usersOf = new Map<string, Set<string>>()
  for (const { app, user } of accounts) usersOf.set(app, (usersOf.get(app) ?? new Set()).add(user))
  const apps = [...usersOf.keys()]
  const fetch = planFetch(accounts.map(({ app, user }) => ({ app, user, items: null, hasSerials: true })))
  const probes = [...usersOf].flatMap(([app, users]) =>
    probeAccounts(app, [...users], lock).map((statement) => ({ app, statement })),
  )
  const rest = [...probes.map(({ statement }) => statement), ...fetch.statements]
  const results = await connection.rowsOfAll([...probeGenerations(apps, lock), ...readGenerations(apps), ...rest])
  const take = <Row>(count: number): Row[][] => results.splice(0, count) as readonly unknown[] as Row[][]
  const seen = take<readonly [string, string?]>(results.length - rest.length).flat()
  const unlocked = new Set(
    take<readonly [string]>(probes.length).flatMap((rows, index) =>
      rows.map(([user]) => `${probes[index]?.app} ${user}`),
    ),
  )
  const answers = fetch.read(take<FetchedColumns>(fetch.statements.length))
  const generations = new Map(seen.flatMap(([name, value]) => (value === undefined ? [] : [[name, BigInt(value)]])))
  const unlockedGenerations = new Set(seen.flatMap(([name, value]) => (value === undefined ? [name] : [])))
  return accounts.map(({ app, user }, index) => {
    const { version, holdings, serials } = answers[index] ?? { version: 0n, holdings: [], serials: [] }
    const name = generationOf(app)
    return {
      version,
      holdings,
      serials,
      isUnlocked: version > 0n && unlocked.has(`${app} ${user}`),
      generation: generations.get(name) ?? 0n,
      isGenerationUnlocked: generations.has(name) && unlockedGenerations.has(name),
    }
  })
}
