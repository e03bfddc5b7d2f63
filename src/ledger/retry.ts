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

// A read that fails so often isn't chance.
const readRetriesMax = 3

/** Reads, again after faults that pass. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read()
    } catch (error) {
      if (!isPassing(error) || attempt > readRetriesMax) throw error
      await backOff(attempt)
    }
  }
}
