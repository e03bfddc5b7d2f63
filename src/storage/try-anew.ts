import { ConnectionLostError } from '../errors.ts'
import type { Mode } from './places.ts'

/** How often work is begun: each time finds one more connection lost while it was idle; and a server that ends them because it has too much to do gets no rush. */
export const triesMax = 5

/**
 * Opens something on a connection, and on another one where that was lost while it was idle.
 *
 * @param open keeps the connection, or gives it back when it rejects, with nothing left behind
 * @throws what `open` throws, the last time, and what `take` throws
 */
export async function tryAnew<C extends { readonly isFresh: boolean }, T>(
  lender: { take(mode: Mode): Promise<C> },
  mode: Mode,
  open: (connection: C) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const connection = await lender.take(mode)
    const { isFresh } = connection
    try {
      return await open(connection)
    } catch (error) {
      // What a fresh connection says in a second try is believed.
      const isBelieved = tries === triesMax || (tries > 1 && isFresh)
      if (!(error instanceof ConnectionLostError) || isBelieved) throw error
    }
  }
}
