import { InvalidArgumentError } from '../errors.ts'
import { toAmount } from './amount.ts'
import { toApp, toId } from './id.ts'

/** What an inventory keeps: counts, numbered instances, or both. */
export type Kind = 'tally' | 'serial' | 'hybrid'

/** What a change does. */
export type Verb = 'add' | 'subtract' | 'set'

/**
 * One verb on one account's item, as data, not yet done. Made by `inventory.plan`, done by `stockpile.deal`.
 */
export interface Change {
  readonly verb: Verb
  readonly kind: Kind
  readonly app: string
  /** The owner's id in canonical form. */
  readonly user: string
  /** The item's id in canonical form. */
  readonly item: string
  /** How many: from 1 for `add` and `subtract`, from 0 for `set`. */
  readonly amount: bigint
  /** Refuse the whole deal unless the account is at this version before it. */
  readonly ifVersion?: bigint
}

const verbs: ReadonlySet<unknown> = new Set<Verb>(['add', 'subtract', 'set'])

/**
 * Checks a change that came from outside (built by hand, or parsed) and brings its ids and amount into canonical form.
 *
 * @param argument where it came from, for the message, such as `changes[3]`
 * @throws InvalidArgumentError naming the first field that breaks a rule; nothing was done
 */
export function toChange(argument: string, change: unknown): Change {
  if (typeof change !== 'object' || change === null)
    throw new InvalidArgumentError(argument, change, 'a change, as inventory.plan makes it')
  const { verb, kind, app, user, item, amount, ifVersion } = change as Record<keyof Change, unknown>
  if (!verbs.has(verb)) throw new InvalidArgumentError(`${argument}.verb`, verb, "'add', 'subtract' or 'set'")
  if (kind !== 'tally') throw new InvalidArgumentError(`${argument}.kind`, kind, "'tally'")
  return {
    verb: verb as Verb,
    kind,
    app: toApp(app),
    user: toId(`${argument}.user`, user),
    item: toId(`${argument}.item`, item),
    amount: toAmount(`${argument}.amount`, amount, verb === 'set' ? 0 : 1),
    ...(ifVersion === undefined ? {} : { ifVersion: toVersion(`${argument}.ifVersion`, ifVersion) }),
  }
}

/**
 * Checks an account version.
 *
 * @param argument the argument's name, for the message
 * @param version a bigint from 0
 * @throws InvalidArgumentError when it is anything else; nothing was done
 */
export function toVersion(argument: string, version: unknown): bigint {
  if (typeof version === 'bigint' && version >= 0n) return version
  throw new InvalidArgumentError(argument, version, 'a bigint from 0, as Items.version and Outcome.version give it')
}
