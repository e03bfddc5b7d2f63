import { setTimeout as pause } from 'node:timers/promises'
import { byDeadline } from '../by-deadline.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { claimCommit, readCommit } from './shared-statements.ts'
import { bounds, settings } from './statements.ts'

// Between two tries to reach a server that is down or starting: soon enough after its return, and no burden while it is away.
const retryMs = 100

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
export async function findOutcome(
  connections: Connections,
  commitId: string,
  waitMs: number,
): Promise<'committed' | 'rolled back' | undefined> {
  const deadline = performance.now() + waitMs
  for (;;) {
    // A connection may be long in coming, and an answer too.
    const outcome = await byDeadline(ask(connections, commitId, deadline), deadline)
    if (outcome !== undefined || performance.now() >= deadline) return outcome
    await pause(retryMs)
  }
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
