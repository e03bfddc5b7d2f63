// Two sheep for five birds, as one deal: node examples/trade.ts
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const anna = stockpile.tally('animal_farm', 'anna')
const ben = stockpile.tally('animal_farm', 'ben')
await anna.add('sheep', 3)
await ben.add('bird', 6)

// Plans do nothing yet; the deal does all of them, or none.
const changes = [
  anna.plan.subtract('sheep', 2),
  ben.plan.add('sheep', 2),
  ben.plan.subtract('bird', 5),
  anna.plan.add('bird', 5),
]

const outcomes = await stockpile.deal(changes, { data: { reason: 'trade' } })
console.log('two sheep for five birds:')
for (const { user, item, change, quantity } of outcomes)
  console.log(`  ${user}: ${change > 0n ? '+' : ''}${change} ${item}, which makes ${quantity}`)

try {
  await stockpile.deal(changes)
} catch (error) {
  console.log(`once more? ${(error as Error).message}`)
}
console.log(`anna still has ${await anna.get('sheep')} sheep, and ben ${await ben.get('bird')} bird`)

const [last] = await anna.history({ limit: 1 })
const deal = last === undefined ? [] : await ben.history({ deal: last.deal })
console.log(`ben's side of anna's last deal: ${deal.map(({ change, item }) => `${change} ${item}`).join(', ')}`)
