import { untilTold } from '../until-told.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { claimCommit, readCommit } from './shared-statements.ts'
import { bounds, settings } from './statements.ts'

/**
 * Finds out what became of a transaction whose COMMIT got no answer, with a finality that no delay on the way can change.
 *
 * A transaction inserts its row into `stockpile_commit` and fails if one is there. Whoever asks inserts that row in its place: this waits
 * for the transaction if it still runs; it finds the row of one that committed; and otherwise the row it leaves behind, which a time below
 * zero marks as given up, refuses the transaction even if it only now reaches the server.
 *
 * @param commitId the id in `stockpile_commit` that the transaction inserts
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
  const lockWaitMs = Math.ceil(deadline - performance.now())
  if (lockWaitMs <= 0) {
    connections.give(connection)
    return undefined
  }
  try {
    const claim = [claimCommit(commitId, Date.now()), readCommit(commitId), bounds.commit]
    const answers = await connection.run([bounds.begin, settings(lockWaitMs), ...claim])
    const time = answers.at(-2)?.rows[0]?.[0]
    if (answers.at(-1)?.tag !== 'COMMIT' || typeof time !== 'string') return undefined
    return Number(time) < 0 ? 'rolled back' : 'committed'
  } catch {
    // Still running, or out of reach again: to be asked once more.
    await connection.run([bounds.rollback]).catch(() => undefined)
    return undefined
  } finally {
    connections.give(connection)
  }
}
