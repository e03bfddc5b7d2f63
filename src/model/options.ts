import { InvalidArgumentError } from '../errors.ts'

/**
 * Checks that options, which are often passed on from elsewhere, are an object at all.
 *
 * @param argument the argument's name, for the message
 * @returns the same options
 * @throws InvalidArgumentError when they are anything else, null included; nothing was done
 */
export function toOptions<Options extends object>(argument: string, options: Options): Options {
  if (typeof options === 'object' && options !== null) return options
  throw new InvalidArgumentError(argument, options, 'an object, or left out')
}
