import { InvalidArgumentError } from '../errors.ts'

/**
 * Checks that options, which are often passed on from elsewhere, are an object at all, and have no names but known ones: a misspelt `key` or
 * `dryRun` would do what nobody asked for.
 *
 * @param argument the argument's name, for the message
 * @param names all that can be said
 * @returns the same options
 * @throws InvalidArgumentError when they are anything else, null included; nothing was done
 */
export function toOptions<Options extends object>(
  argument: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): Options {
  if (typeof options !== 'object' || options === null)
    throw new InvalidArgumentError(argument, options, 'an object, or left out')
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name as keyof Options & string)) continue
    throw new InvalidArgumentError(
      `${argument}.${name}`,
      value,
      `left out: what can be said here is ${names.join(', ')}`,
    )
  }
  return options
}
