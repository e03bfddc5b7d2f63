import type { Mode } from './places.ts'
import { triesMax } from './try-anew.ts'

/** What has to be known of a connection. */
interface Borrowed {
  readonly isUsable: boolean
  /** Whether nobody had it before, as far as is known. */
  readonly isFresh: boolean
}

/** Where connections come from. */
interface Lender<C> {
  take(mode: Mode): Promise<C>
  give(connection: NoInfer<C>): void
}

/**
 * Does work that may be done twice: a connection may have been lost while it was idle, and then it is done with another.
 *
 * @param isLost tells whether it was the connection that made the work fail
 * @throws what the work throws, and what `take` throws
 */
export async function borrow<C extends Borrowed, T>(
  lender: Lender<C>,
  mode: Mode,
  isLost: (error: unknown) => boolean,
  work: (connection: C) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const connection = await lender.take(mode)
    const { isFresh } = connection
    try {
      return await work(connection)
    } catch (error) {
      // What a fresh connection says in a second try is believed.
      const isBelieved = tries === triesMax || (tries > 1 && isFresh)
      if (connection.isUsable || !isLost(error) || isBelieved) throw error
    } finally {
      lender.give(connection)
    }
  }
}
