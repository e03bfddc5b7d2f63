import { InvalidArgumentError } from '../errors.ts'

/**
 * A value as JSON text.
 *
 * @param argument the argument's name, for the message
 * @param shape which values are welcome: objects alone, or arrays too
 * @param bytesMax the longest text, in UTF-8 bytes
 * @throws InvalidArgumentError for another shape, for what JSON can't express, and for what is too long; nothing was done
 */
export function toJsonText(
  argument: string,
  value: unknown,
  shape: 'object' | 'object or array',
  bytesMax: number,
): string {
  const rule = shape === 'object' ? 'a plain JSON object' : 'a JSON object or array'
  if (typeof value !== 'object' || value === null) throw new InvalidArgumentError(argument, value, rule)
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw new InvalidArgumentError(
      argument,
      value,
      `${shape === 'object' ? 'an object' : 'a value'} that JSON can express (${(error as Error).message})`,
    )
  }
  // What counts is what is stored: toJSON may have made a text or nothing of an object.
  const isWelcome = text?.startsWith('{') === true || (shape === 'object or array' && text?.startsWith('[') === true)
  if (text === undefined || !isWelcome) throw new InvalidArgumentError(argument, value, rule)
  if (Buffer.byteLength(text) > bytesMax)
    throw new InvalidArgumentError(argument, value, `at most ${bytesMax} bytes as JSON`)
  return text
}
