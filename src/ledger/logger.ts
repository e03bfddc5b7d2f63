import { inspect } from 'node:util'

/** Where the ledger tells of what nobody waits for. */
export interface Logger {
  debug(message: string, facts?: object): void
  info(message: string, facts?: object): void
  warn(message: string, facts?: object): void
  error(message: string, facts?: object): void
}

/**
 * Tells of what nobody waits for. What goes wrong on the way must not look like a failure of what is done already.
 *
 * @param logger null where the process's warnings are to tell
 */
export function complain(logger: Logger | null, message: string, error: unknown): void {
  try {
    if (logger !== null) logger.error(message, { error })
    else
      process.emitWarning(`${message}: ${error instanceof Error ? String(error) : inspect(error)}`, 'StockpileWarning')
  } catch {
    // There is nobody left to tell.
  }
}
