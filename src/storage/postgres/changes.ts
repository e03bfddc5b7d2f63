import type { AccountName } from '../contract.ts'
import { deleteChanges, lockChanges } from './cached-statements.ts'
import type { Connection } from './connection.ts'
import { isTableMissing } from './faults.ts'
import { bounds, settings } from './statements.ts'

/** What became of the changes that were taken off the list. */
export type Taken = { readonly count: number } | { readonly error: unknown }

/**
 * Takes accounts off the list of changes, in a transaction that ends after `work`; those that somebody else is taking are left to it.
 *
 * @param work gets each account once; if it rejects, all stay on the list
 * @returns how many entries of the list went, which may be more than there were accounts; or what `work` rejected with
 * @throws what the driver throws; all stay on the list
 */
export async function takeChanges(
  connection: Connection,
  lockWaitMs: number,
  accountsMax: number,
  work: (accounts: readonly AccountName[]) => Promise<void>,
): Promise<Taken> {
  let isOpen = true
  try {
    const answers = await connection.run([bounds.begin, settings(lockWaitMs), lockChanges(accountsMax)])
    const changes = (answers[2]?.rows ?? []).map(([id, app, user]) => ({
      id: BigInt(id ?? 0),
      app: app ?? '',
      user: user ?? '',
    }))
    if (changes.length === 0) return { count: 0 }
    const accounts = new Map(changes.map(({ app, user }) => [`${app} ${user}`, { app, user }]))
    try {
      await work([...accounts.values()])
    } catch (error) {
      return { error }
    }
    await connection.run([deleteChanges(changes.map(({ id }) => id)), bounds.commit])
    isOpen = false
    return { count: changes.length }
  } catch (error) {
    // Before the first migration there is no list.
    if (isTableMissing(error)) return { count: 0 }
    throw error
  } finally {
    if (isOpen) await connection.run([bounds.rollback]).catch(() => undefined)
  }
}
