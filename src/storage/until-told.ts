import { setTimeout as pause } from 'node:timers/promises'
import { byDeadline } from './by-deadline.ts'

// Between two tries to reach a server that is down or starting: soon enough after its return, and no burden while it is away.
const retryMs = 100

/**
 * Asks a server again and again, until it tells or the time is over.
 *
 * @param ask answers undefined where the server didn't tell; gets the deadline on the clock of `performance.now()`
 * @param waitMs how long to go on asking
 * @returns undefined when the server couldn't be asked in time
 * @throws what `ask` throws in time
 */
export async function untilTold<T>(
  ask: (deadline: number) => Promise<T | undefined>,
  waitMs: number,
): Promise<T | undefined> {
  const deadline = performance.now() + waitMs
  for (;;) {
    // A connection may be long in coming, and an answer too.
    const told = await byDeadline(ask(deadline), deadline)
    if (told !== undefined || performance.now() >= deadline) return told
    await pause(retryMs)
  }
}
