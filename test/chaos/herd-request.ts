import { toChange, type Change, type Kind } from '../../src/model/change.ts'
import type { Random } from './random.ts'

/** What a client asks for where inventories keep serials, counts, both, and an order. */
export type HerdRequest =
  | { readonly kind: 'deal'; readonly changes: readonly Change[]; readonly key: string | null }
  | { readonly kind: 'read'; readonly user: string }

// Few items, so that everybody meets everybody.
const kinds: readonly (readonly [item: string, kind: Kind])[] = [
  ['cow', 'hybrid'],
  ['hen', 'serial'],
  ['sheep', 'hybrid'],
  ['wool', 'tally'],
]

/** The kind in which an item is kept, by everybody. */
function kindOf(item: string): Kind {
  return kinds.find(([one]) => one === item)?.[1] ?? 'hybrid'
}

/** Makes random requests. Serials that it names are its own, or have been named for the same user before. */
export class HerdRequests {
  readonly #app: string
  readonly #users: readonly string[]
  readonly #random: Random
  readonly #named: Map<string, bigint[]>
  #next: bigint

  /**
   * @param users whose inventories are meant; at least two
   * @param named by user, the serials that were named so far; shared by all clients
   * @param first the first serial that is this client's own
   */
  constructor(app: string, users: readonly string[], random: Random, named: Map<string, bigint[]>, first: bigint) {
    this.#app = app
    this.#users = users
    this.#random = random
    this.#named = named
    this.#next = first
  }

  next(key: string): HerdRequest {
    const random = this.#random
    if (random.chance(0.2)) return { kind: 'read', user: random.pick(this.#users) }
    const changes = random.chance(0.15) ? this.#order() : Array.from({ length: random.upTo(3) }, () => this.#change())
    return { kind: 'deal', changes, key: random.chance(0.3) ? key : null }
  }

  /** Some items on top, in an order. */
  #order(): Change[] {
    const user = this.#random.pick(this.#users)
    const items = kinds.filter(() => this.#random.chance(0.6)).map(([item]) => item)
    if (this.#random.chance(0.5)) items.reverse()
    const chosen = items.length === 0 ? ['cow'] : items
    return chosen.map((item, rank) =>
      toChange('change', { verb: 'sort', kind: kindOf(item), app: this.#app, user, item, amount: BigInt(rank) }),
    )
  }

  #change(): Change {
    const random = this.#random
    const [item, kind] = random.pick(kinds)
    const [user, other] = [random.pick(this.#users), random.pick(this.#users)]
    const verb = random.pick([
      'add',
      'add',
      'add',
      'subtract',
      'subtract',
      kind === 'hybrid' ? 'convert' : 'add',
      'set',
    ] as const)
    const hasParty = verb !== 'convert' && user !== other && random.chance(0.35)
    // A serial inventory that is set to a number makes what is missing, and which ones those are only the database knows.
    const isNamed = kind !== 'tally' && (random.chance(0.5) || (verb === 'set' && kind === 'serial'))
    const properties = random.pick(['{}', '{"xp":1}', '["ä"]'])
    return toChange('change', {
      verb,
      kind,
      app: this.#app,
      user,
      item,
      amount: isNamed ? 0n : BigInt(random.upTo(3)),
      serials: isNamed ? this.#serials(user, properties) : null,
      properties,
      party: hasParty ? { app: this.#app, user: other, place: 'recent' } : null,
      place: 'recent',
    })
  }

  #serials(user: string, properties: string): { serial: bigint; properties: string }[] {
    const known = this.#named.get(user) ?? []
    this.#named.set(user, known)
    const serials = new Set<bigint>()
    for (let count = this.#random.upTo(2); count > 0; count -= 1) {
      if (known.length > 0 && this.#random.chance(0.6)) serials.add(this.#random.pick(known.slice(-12)))
      else {
        this.#next += 1n
        known.push(this.#next)
        serials.add(this.#next)
      }
    }
    return [...serials].map((serial) => ({ serial, properties }))
  }
}
