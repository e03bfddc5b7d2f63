import { hash } from 'node:crypto'
import { basename } from 'node:path'
import { usageError } from '../command-errors.ts'

// `apply:`, a run in its longest form, a colon and a hash stay below the 128 bytes that a key may have.
const runBytesMax = 64
const nameBytesMax = 43

/**
 * Finds the name of a run.
 *
 * @param path the file, or `-`
 * @param run what the user says, or undefined for the file's name
 * @throws a usage error for standard input without a name, and for a name that can't be part of a key
 */
export function toRun(path: string, run: string | undefined): string {
  if (run === undefined && path === '-')
    throw usageError('standard input has no name to resume by: give --run NAME, the same when you send it again')
  const name = run ?? basename(path)
  if (name !== '' && name.isWellFormed() && Buffer.byteLength(escaped(name)) <= runBytesMax && !/\p{Cc}/u.test(name))
    return name
  throw usageError(`'${name}' can not name a run: give --run a name of 1 to ${runBytesMax} bytes`)
}

/** The idempotency key of a deal of a run: the same whenever it is sent, and no other deal's. */
export function toKey(run: string, deal: string): string {
  const isPlain =
    Buffer.byteLength(deal) <= nameBytesMax && /^[^\s\p{Cc}#](.*[^\s\p{Cc}])?$/u.test(deal) && !/\p{Cc}/u.test(deal)
  // Only hashes begin with #.
  return `apply:${escaped(run)}:${isPlain && deal.isWellFormed() ? deal : `#${hash('sha256', deal, 'base64url').slice(0, 42)}`}`
}

/** A colon ends the run, so it can't be in one. */
function escaped(run: string): string {
  return run.replaceAll('%', '%25').replaceAll(':', '%3A')
}
