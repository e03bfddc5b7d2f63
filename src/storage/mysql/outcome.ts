import { untilTold } from '../until-told.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isDuplicate, isLockTimeout } from './faults.ts'
import { claimCommit } from './statements.ts'

/**
 * Finds out what became of a transaction whose COMMIT got no answer, with a finality that no delay on the way can change: until it ends,
 * the transaction holds the lock of the row that it inserted into `stockpile_commit`, so whoever manages to insert that row knows that
 * the transaction was rolled back, and whoever finds it there that it was committed.
 *
 * @param commitId the id in `stockpile_commit` that the transaction inserted
 * @param waitMs how long to go on asking a server that doesn't answer
 * @returns undefined when the server couldn't be asked in time
 */
export function findOutcome(
  connections: Connections,
  commitId: string,
  waitMs: number,
): Promise<'committed' | 'rolled back' | undefined> {
  return untilTold((deadline) => ask(connections, commitId, deadline), waitMs)
}

async function ask(
  connections: Connections,
  commitId: string,
  deadline: number,
): Promise<'committed' | 'rolled back' | undefined> {
  let connection: Connection
  try {
    connection = await connections.take('batch')
  } catch {
    return undefined
  }
  if (performance.now() >= deadline) {
    connections.give(connection)
    return undefined
  }
  try {
    connection.enter('batch')
    await connection.run(claimCommit(commitId))
    return 'rolled back'
  } catch (error) {
    if (isDuplicate(error)) return 'committed'
    // Still open, or out of reach again: to be asked once more.
    if (!isLockTimeout(error)) connection.destroy()
    return undefined
  } finally {
    await connection.run('ROLLBACK').catch(() => connection.destroy())
    connections.give(connection)
  }
}
