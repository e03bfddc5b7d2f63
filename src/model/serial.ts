import { InvalidArgumentError } from '../errors.ts'
import { quantityMax } from './limits.ts'

/** The number of one instance of an item: a whole number from 1 to 2^63 - 1, as bigint, digits or safe number. */
export type SerialNumber = bigint | number | string

/** What belongs to one instance: any JSON object or array, up to 64 KiB. */
export type Properties = Readonly<Record<string, unknown>> | readonly unknown[]

/** One instance as it is written: its number, and its properties as JSON text. */
export interface SerialEntry {
  readonly serial: bigint
  readonly properties: string
}

/**
 * Brings a serial number into its one form, a bigint.
 *
 * @param argument the argument's name, for the message
 * @throws InvalidArgumentError for what is no whole number from 1 to 2^63 - 1, has leading zeros, or isn't safe; nothing was done
 */
export function toSerial(argument: string, serial: unknown): bigint {
  const isNumber = typeof serial === 'number' && Number.isSafeInteger(serial)
  const isDigits = typeof serial === 'string' && /^[1-9][0-9]{0,18}$/.test(serial)
  if (typeof serial === 'bigint' || isNumber || isDigits) {
    const number = BigInt(serial)
    if (number >= 1n && number <= quantityMax) return number
  }
  throw new InvalidArgumentError(
    argument,
    serial,
    'a serial number: a whole number from 1 to 2^63 - 1, as bigint, digits or safe number',
  )
}
