import { InvalidArgumentError } from '../errors.ts'
import { idBytesMax } from './limits.ts'

/** An item's id: a whole number from 1 (number, bigint or digits), or a string of 1 to 64 UTF-8 bytes. */
export type ItemId = string | number | bigint

/** A user's id, under the same rules as an item's. */
export type UserId = string | number | bigint

const appPattern = /^[a-z0-9_]{1,32}$/
const plainPattern = /^[A-Za-z0-9_.:@/-]{1,64}$/
const digitsPattern = /^[0-9]+$/
const controlPattern = /\p{Cc}/u
const surrogatePattern = /[\ud800-\udfff]/

/**
 * Checks an app's name.
 *
 * @param app 1 to 32 of `a` to `z`, `0` to `9` and `_`
 * @returns the same name
 * @throws InvalidArgumentError when it is anything else; nothing was done
 */
export function toApp(app: unknown): string {
  // `$` would accept a trailing newline only with the m flag; JavaScript's `$` without it does not.
  if (typeof app === 'string' && appPattern.test(app)) return app
  throw new InvalidArgumentError('app', app, '1 to 32 characters of a-z, 0-9 and _')
}

/**
 * Brings a user's or an item's id into its one canonical form, so that `1000`, `1000n` and `'1000'` are the same.
 *
 * @param argument the argument's name, for the message: `user`, `item`
 * @param id a whole number from 1, or a well-formed string of 1 to 64 UTF-8 bytes without control characters, blanks at either end or,
 *   where it is all digits, a leading zero
 * @returns the id as a string
 * @throws InvalidArgumentError when it breaks one of these rules; nothing was done
 */
export function toId(argument: string, id: unknown): string {
  if (typeof id === 'string') return textId(argument, id)
  if (typeof id === 'bigint') {
    if (id < 1n) throw new InvalidArgumentError(argument, id, 'a whole number from 1')
    return checkedBytes(argument, id.toString(), id)
  }
  if (typeof id === 'number') {
    if (!Number.isInteger(id) || id < 1) throw new InvalidArgumentError(argument, id, 'a whole number from 1')
    if (!Number.isSafeInteger(id)) {
      throw new InvalidArgumentError(
        argument,
        id,
        'at most 2^53 - 1 as a number; pass a larger one as a bigint or a string',
      )
    }
    return id.toString()
  }
  throw new InvalidArgumentError(argument, id, 'a string, a number or a bigint')
}

function textId(argument: string, id: string): string {
  if (plainPattern.test(id)) {
    if (id.charCodeAt(0) === 48 && digitsPattern.test(id)) {
      throw new InvalidArgumentError(
        argument,
        id,
        'a whole number from 1, without a leading zero, where it is all digits',
      )
    }
    return id
  }
  if (id === '') throw new InvalidArgumentError(argument, id, 'at least one character')
  if (!id.isWellFormed()) throw new InvalidArgumentError(argument, id, 'well-formed Unicode, without lone surrogates')
  if (controlPattern.test(id)) throw new InvalidArgumentError(argument, id, 'free of control characters')
  if (id.trim() !== id) throw new InvalidArgumentError(argument, id, 'free of blanks at either end')
  return checkedBytes(argument, id, id)
}

function checkedBytes(argument: string, id: string, given: string | bigint): string {
  if (Buffer.byteLength(id) <= idBytesMax) return id
  throw new InvalidArgumentError(argument, given, `at most ${idBytesMax} UTF-8 bytes`)
}

/**
 * Orders two ids as every supported database does under a binary collation: by UTF-8 bytes. The order in which accounts are locked.
 *
 * @returns negative, zero or positive, as `Array.prototype.sort` wants it
 */
export function compareBytes(left: string, right: string): number {
  // UTF-16 order differs from UTF-8 order only where surrogates are involved.
  if (surrogatePattern.test(left) || surrogatePattern.test(right))
    return Buffer.compare(Buffer.from(left), Buffer.from(right))
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * Orders two ids as people read them: all-digit ids first and by number, then the others by UTF-8 bytes.
 *
 * @returns negative, zero or positive, as `Array.prototype.sort` wants it
 */
export function compareNaturally(left: string, right: string): number {
  const isLeftNumber = isAllDigits(left)
  if (isLeftNumber !== isAllDigits(right)) return isLeftNumber ? -1 : 1
  if (!isLeftNumber) return compareBytes(left, right)
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : left > right ? 1 : 0
}

// A list is compared pair by pair with every read: on ids this is several times as fast as a pattern.
function isAllDigits(id: string): boolean {
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at)
    if (code < 48 || code > 57) return false
  }
  return id !== ''
}
