import { setTimeout as pause } from 'node:timers/promises'
import { ConflictError, ConnectionLostError } from '../errors.ts'

/** Whether the database rolled the work back for a reason that passes: the same work can be sent again as it is. */
export function isPassing(error: unknown): boolean {
  return error instanceof ConflictError || error instanceof ConnectionLostError
}

/**
 * Waits before another try: a random time, so that those who collided don't collide again, growing with the tries.
 *
 * @param attempt from 1; the wait is at most 2^attempt ms, and never more than 250 ms
 */
export async function backOff(attempt: number): Promise<void> {
  await pause(Math.random() * Math.min(2 ** attempt, 250))
}
