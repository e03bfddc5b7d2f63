import { InvalidArgumentError } from '../errors.ts'
import { toAmount } from './amount.ts'
import { toApp, toId } from './id.ts'
import { toJsonText } from './json-text.ts'
import { changesMax, propertiesBytesMax, serialsMax } from './limits.ts'
import { toSerial, type SerialEntry } from './serial.ts'

/** What an inventory keeps: counts, numbered instances, or both. */
export type Kind = 'tally' | 'serial' | 'hybrid'

/** What a change does. */
export type Verb = 'add' | 'subtract' | 'set' | 'convert' | 'sort'

/** How an addition moves an item in the user's order: to the top each time, or where its first addition puts it. */
export type Place = 'recent' | 'first' | 'oldest'

/** The other side of a transfer. */
export interface Party {
  readonly app: string
  readonly user: string
  /** What it does to the item's place there, where the other side has layers that were asked. */
  readonly place?: Place | null
}

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
  /**
   * How many are counted: from 1 for `add` and `subtract`, from 0 for `set`, and 0 where `serials` says it all. For a serial inventory:
   * how many serials are made, or taken from the newest. For `sort`: the rank, from 0 at the top.
   */
  readonly amount: bigint
  /** Exactly these serials; null where the amount says it all. */
  readonly serials: readonly SerialEntry[] | null
  /** Properties of serials that are made, as JSON text. */
  readonly properties: string
  /** Where it comes from or goes to, instead of from and to nowhere. */
  readonly party: Party | null
  /** What an addition does to the item's place. */
  readonly place: Place | null
  /** Refuse the whole deal unless the account is at this version before it. */
  readonly ifVersion: bigint | null
}

const verbs: ReadonlySet<unknown> = new Set<Verb>(['add', 'subtract', 'set', 'convert', 'sort'])
const kinds: ReadonlySet<unknown> = new Set<Kind>(['tally', 'serial', 'hybrid'])
const places: ReadonlySet<unknown> = new Set<Place>(['recent', 'first', 'oldest'])

/**
 * Checks a change that came from outside (built by hand, or parsed) and brings its ids and amounts into canonical form. All that is beside `verb`,
 * `kind`, `app`, `user`, `item` and `amount` may be left out.
 *
 * @param argument where it came from, for the message, such as `changes[3]`
 * @throws InvalidArgumentError naming the first field that breaks a rule; nothing was done
 */
export function toChange(argument: string, change: unknown): Change {
  if (typeof change !== 'object' || change === null || change instanceof Promise)
    throw new InvalidArgumentError(argument, change, 'a change, as inventory.plan makes it')
  const { verb, kind, app, user, item, amount, serials, properties, party, place, ifVersion } = change as Record<
    keyof Change,
    unknown
  >
  if (!verbs.has(verb))
    throw new InvalidArgumentError(`${argument}.verb`, verb, "'add', 'subtract', 'set', 'convert' or 'sort'")
  if (!kinds.has(kind)) throw new InvalidArgumentError(`${argument}.kind`, kind, "'tally', 'serial' or 'hybrid'")
  const given = serials === undefined || serials === null ? null : toEntries(`${argument}.serials`, serials)
  if (given !== null && kind === 'tally')
    throw new InvalidArgumentError(`${argument}.serials`, serials, 'left out for a tally')
  const checked: Change = {
    verb: verb as Verb,
    kind: kind as Kind,
    app: toApp(app),
    user: toId(`${argument}.user`, user),
    item: toId(`${argument}.item`, item),
    amount: toAmount(`${argument}.amount`, amount, given !== null || verb === 'set' || verb === 'sort' ? 0 : 1),
    serials: given,
    properties: properties === undefined ? '{}' : toPropertiesText(`${argument}.properties`, properties),
    party: party === undefined || party === null ? null : toParty(`${argument}.party`, party),
    place: toPlace(`${argument}.place`, place),
    ifVersion: ifVersion === undefined || ifVersion === null ? null : toVersion(`${argument}.ifVersion`, ifVersion),
  }
  const { verb: checkedVerb, party: other } = checked
  if (other !== null && other.app === checked.app && other.user === checked.user)
    throw new InvalidArgumentError(`${argument}.party`, party, 'another account: nothing would move')
  if (other !== null && (checkedVerb === 'sort' || checkedVerb === 'convert'))
    throw new InvalidArgumentError(`${argument}.party`, party, `left out for '${checkedVerb}'`)
  if (checkedVerb === 'sort' && checked.amount >= changesMax)
    throw new InvalidArgumentError(`${argument}.amount`, amount, `a rank below ${changesMax}`)
  if (checked.verb === 'convert' && checked.kind !== 'hybrid')
    throw new InvalidArgumentError(`${argument}.verb`, verb, 'used with a hybrid')
  return checked
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

function toEntries(argument: string, serials: unknown): SerialEntry[] {
  if (!Array.isArray(serials)) throw new InvalidArgumentError(argument, serials, 'a list of { serial, properties }')
  if (serials.length > serialsMax)
    throw new InvalidArgumentError(argument, `${serials.length} serials`, `at most ${serialsMax} serials`)
  return serials.map((entry: unknown, index) => {
    if (typeof entry !== 'object' || entry === null)
      throw new InvalidArgumentError(`${argument}[${index}]`, entry, '{ serial, properties }')
    const { serial, properties } = entry as Record<keyof SerialEntry, unknown>
    return {
      serial: toSerial(`${argument}[${index}].serial`, serial),
      properties: toPropertiesText(`${argument}[${index}].properties`, properties),
    }
  })
}

function toPropertiesText(argument: string, properties: unknown): string {
  if (typeof properties !== 'string')
    throw new InvalidArgumentError(argument, properties, 'the text of a JSON object or array')
  try {
    return toJsonText(argument, JSON.parse(properties), 'object or array', propertiesBytesMax)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error
    throw new InvalidArgumentError(argument, properties, 'the text of a JSON object or array')
  }
}

function toParty(argument: string, party: unknown): Party {
  if (typeof party !== 'object' || party === null) throw new InvalidArgumentError(argument, party, '{ app, user }')
  const { app, user, place } = party as Record<keyof Party, unknown>
  const account = { app: toApp(app), user: toId(`${argument}.user`, user) }
  return place === undefined ? account : { ...account, place: toPlace(`${argument}.place`, place) }
}

function toPlace(argument: string, place: unknown): Place | null {
  if (place === undefined || place === null) return null
  if (places.has(place)) return place as Place
  throw new InvalidArgumentError(argument, place, "'recent', 'first' or 'oldest'")
}
