import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'

/**
 * The error for arguments, options and input files that are not as they must be.
 *
 * @param message what is wrong and what to do, without a full stop
 */
export function usageError(message: string): CommanderError {
  return new CommanderError(exitCodes.usage.code, 'USAGE', message)
}

/**
 * The error for what stands in the way and is nobody's argument, such as a file that can't be written.
 *
 * @param message what is wrong and what to do, without a full stop
 */
export function failure(message: string): CommanderError {
  return new CommanderError(exitCodes.failed.code, 'FAILED', message)
}
