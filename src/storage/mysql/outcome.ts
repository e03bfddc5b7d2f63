import { setTimeout as pause } from 'node:timers/promises'
import { byDeadline } from '../by-deadline.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isDuplicate, isLockTimeout } from './faults.ts'
import { claimCommit } from './statements.ts'

// Between two tries to reach a server that is down or starting: soon enough after its return, and no burden while it is away.
const retryMs = 100

/**
 * Finds out what became of a transaction whose COMMIT got no answer, with a finality that no delay on the way can change: until it ends,
 * the transaction holds the lock of the row that it inserted into `stockpile_commit`, so whoever manages to insert that row knows that
 * the transaction was rolled back, and whoever finds it there that it was committed.
 *
 * @param commitId the id in `stockpile_commit` that the transaction inserted
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
