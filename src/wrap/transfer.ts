import { InvalidArgumentError } from '../errors.ts'
import type { DraftOptions, Inventory } from '../inventory/inventory.ts'
import { requireOutcomes } from '../model/require-outcomes.ts'
import type { SettledOutcome } from '../ledger/ledger.ts'
import type { Amount } from '../model/amount.ts'
import type { Change, Verb } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import type { ItemId } from '../model/id.ts'
import { Passthru, type GivenOf, type Layered, type QuantityOf } from './passthru.ts'

class TransferLayer<Q, Given = Amount> extends Passthru<Q, Given> {
  readonly #theirs: Inventory<Q, Given>

  constructor(mine: Inventory<Q, Given>, theirs: Inventory<Q, Given>) {
    super(mine)
    const other = new Passthru(theirs)
    if (mine.ledger !== other.ledger)
      throw new InvalidArgumentError('theirs', 'of another Stockpile', 'of the same Stockpile as mine')
    if (mine.app === other.app && mine.user === other.user) {
      throw new InvalidArgumentError(
        'theirs',
        `user ${other.user} of ${other.app}`,
        'another account than mine: nothing would move',
      )
    }
    if (mine.kind !== other.kind) {
      throw new InvalidArgumentError(
        'theirs',
        other.kind,
        `of the same kind as mine, which is ${mine.kind}: what one gives the other must be able to keep`,
      )
    }
    for (const [name, inventory] of [
      ['mine', mine],
      ['theirs', theirs],
    ] as const) {
      if (Passthru.isIn(inventory, TransferLayer)) {
        throw new InvalidArgumentError(
          name,
          'a Transfer',
          'an inventory that is no Transfer: an account can give to one other at a time',
        )
      }
    }
    this.#theirs = theirs
  }

  override draft(verb: Verb, item: ItemId, given: Given | undefined, options: DraftOptions): Change {
    if (verb === 'convert' || verb === 'sort') return super.draft(verb, item, given, options)
    const { app, user } = this.#theirs
    return super.draft(verb, item, given, { ...options, party: { app, user } })
  }

  override async write(deal: Deal): Promise<Outcome<Q>[]> {
    const { app, user } = this.#theirs
    const changes = deal.changes.map((change) => {
      if (change.verb === 'convert' || change.verb === 'sort') return change
      return { ...change, party: { app, user } }
    })
    const mirrored = changes.filter(({ party }) => party !== null).map((change) => this.#mirror(change))
    // Where they have no layers there is nobody to ask.
    if (mirrored.length === 0 || !(this.#theirs instanceof Passthru)) return super.write({ ...deal, changes })
    const { data, key, dryRun } = deal
    const [outcomes] = await this.ledger.collect(
      [
        { inventory: this, write: () => super.write({ ...deal, changes }) },
        {
          inventory: this.#theirs,
          write: async () => {
            const answered = await this.#theirs.write({ changes: mirrored, data, key, dryRun })
            requireOutcomes(this.#theirs, answered, mirrored.length)
            return answered
          },
        },
      ],
      ([mine, other]) => this.#settle(mine ?? null, other ?? null),
    )
    return outcomes!
  }

  /** What a change is on the other side, for the layers there: they see it, and may refuse it. */
  #mirror(change: Change): Change {
    const { app, user } = this.#theirs
    const verb = change.verb === 'add' ? 'subtract' : change.verb === 'subtract' ? 'add' : change.verb
    return { ...change, verb, app, user, party: { app: this.app, user: this.user }, place: null, ifVersion: null }
  }

  /** Does what came through the layers of both sides. */
  async #settle(mine: Deal | null, other: Deal | null): Promise<SettledOutcome[][]> {
    if (mine === null) throw this.#refused('drops a part of a transfer')
    const mirrors = (other?.changes ?? []).filter(({ party }) => party !== null)
    const besides = (other?.changes ?? []).filter(({ party }) => party === null)
    const left = mirrors.values()
    const changes = mine.changes.map((change) => {
      if (change.party === null) return change
      const mirror = left.next().value
      if (mirror === undefined || !isSame(this.#mirror(change), mirror))
        throw this.#refused('changes or drops a part of a transfer')
      return { ...change, party: { ...change.party, place: mirror.place } }
    })
    if (!left.next().done) throw this.#refused('adds to a transfer')
    const data = other?.data === undefined || other.data === mine.data ? mine.data : { ...mine.data, ...other.data }
    const dryRun = mine.dryRun === true || other?.dryRun === true
    const outcomes = await this.ledger.settle({ ...mine, changes: [...changes, ...besides], data, dryRun })
    const ofMine = outcomes.slice(0, changes.length)
    const ofOther = outcomes.slice(changes.length).values()
    const sides = ofMine.flatMap(({ other: side, deal }) => (side === undefined ? [] : [{ ...side, deal }])).values()
    const answers = (other?.changes ?? []).map(({ party }) => (party === null ? ofOther : sides).next().value!)
    return [ofMine, answers]
  }

  #refused(what: string): InvalidArgumentError {
    const { app, user } = this.#theirs
    return new InvalidArgumentError(
      'theirs',
      `user ${user} of ${app}`,
      `an inventory without a layer that ${what}: what leaves one account is what arrives in the other`,
    )
  }
}

function isSame(expected: Change, actual: Change): boolean {
  const { verb, item, user, app, amount, serials } = actual
  return (
    expected.verb === verb &&
    expected.item === item &&
    expected.user === user &&
    expected.app === app &&
    expected.amount === amount &&
    expected.serials?.length === serials?.length &&
    (expected.serials ?? []).every(({ serial }, index) => serial === serials?.[index]?.serial)
  )
}

/** An inventory wrapped in a `Transfer`, with the methods that only a layer below has. */
export type Transfer<I> = Layered<Passthru<QuantityOf<I>, GivenOf<I>>, I>

/**
 * Two accounts bound to each other: what is added to mine is taken from theirs, and what is subtracted from mine is given to theirs. It
 * reads as mine does. Each call is one deal, so it happens on both sides or on neither; serials keep their properties.
 *
 * The layers of both sides see what moves, each from its own side, and each may refuse it; none may change it. `set` moves the
 * difference; `convert` and `sort` stay on my side.
 *
 * @throws InvalidArgumentError for the same account twice, for another Stockpile, for kinds that don't fit, and for a Transfer of a Transfer
 * @example
 * const trade = new Transfer(stockpile.tally('farm', 1), stockpile.tally('farm', 2))
 * await stockpile.tally('farm', 2).add('sheep', 2)
 * await trade.add('sheep', 2)
 */
export const Transfer = TransferLayer as new <I>(mine: I, theirs: Inventory<QuantityOf<I>, GivenOf<I>>) => Transfer<I>
