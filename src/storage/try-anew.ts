import { ConnectionLostError } from '../errors.ts'

/** How often work is begun: each time finds one more connection lost while it was idle; and a server that ends them because it has too much to do gets no rush. */
export const triesMax = 5

/**
 * Opens something on a connection, and on another one where that was lost while it was idle.
 *
 * @param open leaves nothing behind when it rejects
 * @throws what `open` throws, the last time
 */
export async function tryAnew<T>(open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || tries === triesMax) throw error
    }
  }
}
