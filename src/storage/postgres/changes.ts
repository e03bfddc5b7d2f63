import type { AccountName } from '../contract.ts'
import { deleteChanges, lockChanges } from './cached-statements.ts'
import type { Connections } from './connections.ts'
import { isTableMissing, toFault } from './faults.ts'
import type { Answer } from './round.ts'
import type { Call } from './statement.ts'
import { bounds, settings } from './statements.ts'

/**
 * Takes accounts off the list of changes, in a transaction that ends after `work`; those that somebody else is taking are left to it.
 *
 * @param work gets each account once; if it rejects, all stay on the list
 * @returns how many entries of the list went, which may be more than there were accounts
 * @throws what `work` throws, and what `Storage` says
 */
export async function takeChanges(
  connections: Connections,
  lockWaitMs: number,
  accountsMax: number,
  work: (accounts: readonly AccountName[]) => Promise<void>,
): Promise<number> {
  const connection = await connections.take('reads')
  const run = async (calls: readonly Call[]): Promise<Answer[]> => {
    try {
      return await connection.run(calls)
    } catch (error) {
      // Before the first migration there is no list.
      if (isTableMissing(error)) return []
      throw toFault(error, { location: connections.location, tried: 'take changes', app: null })
    }
  }
  let isOpen = true
  try {
    const answers = await run([bounds.begin, settings(lockWaitMs), lockChanges(accountsMax)])
    const changes = (answers[2]?.rows ?? []).map(([id, app, user]) => ({
      id: BigInt(id ?? 0),
      app: app ?? '',
      user: user ?? '',
    }))
    if (changes.length === 0) return 0
    const accounts = new Map(changes.map(({ app, user }) => [`${app} ${user}`, { app, user }]))
    await work([...accounts.values()])
    await run([deleteChanges(changes.map(({ id }) => id)), bounds.commit])
    isOpen = false
    return changes.length
  } finally {
    if (isOpen) await connection.run([bounds.rollback]).catch(() => undefined)
    connections.give(connection)
  }
}
