// A wrapper of one's own: some things never leave their owner: node examples/own-wrapper.ts
import { Passthru, RecentSorter, Stockpile, Transfer, type Deal, type Inventory, type Outcome } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

/** An inventory whose bound items can't be taken away, whatever the verb. */
class Bound<Q, Given> extends Passthru<Q, Given> {
  readonly #bound: ReadonlySet<string>

  constructor(inner: Inventory<Q, Given>, bound: Iterable<string>) {
    super(inner)
    this.#bound = new Set(bound)
  }

  override async write(deal: Deal): Promise<Outcome<Q>[]> {
    for (const { verb, item } of deal.changes) {
      const takes = verb === 'subtract' || verb === 'set'
      if (takes && this.#bound.has(item)) throw new Error(`${item} is bound to user ${this.user}`)
    }
    return super.write(deal)
  }
}

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const inventoryOf = (user: string) => new RecentSorter(new Bound(stockpile.tally('weapons', user), ['amulet']))
const hero = inventoryOf('hero')
const friend = inventoryOf('friend')

await hero.add('amulet')
await hero.add('sword', 2)
await hero.sort(['amulet'])
console.log(`the hero has, in order: ${[...(await hero.all()).keys()].join(', ')}`)

await hero.subtract('sword')
console.log(`a sword may go: ${await hero.get('sword')} is left`)
await tell('the amulet', hero.subtract('amulet'))
await tell('set to nothing', hero.set('amulet', 0))
await tell(
  'in a deal, with a sword in return',
  stockpile.deal([hero.plan.subtract('amulet'), friend.plan.add('amulet'), hero.plan.add('sword')]),
)
await tell('by a transfer to the friend', new Transfer(friend, hero).add('amulet'))
console.log(`so the hero has ${await hero.get('amulet')} amulet and ${await hero.get('sword')} sword`)

async function tell(what: string, write: Promise<unknown>): Promise<void> {
  const answer = await write.then(
    () => 'gone',
    (error: unknown) => (error as Error).message,
  )
  console.log(`${what}? ${answer}`)
}
