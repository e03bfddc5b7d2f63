// The order in which a player sees things: node examples/sorting.ts
import { FirstAddedSorter, OldestSorter, RecentSorter, Sorter, Stockpile, type Items } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })

const recent = new RecentSorter(stockpile.tally('weapons', 1))
for (const item of ['sword', 'bow', 'axe', 'sword']) await recent.add(item)
console.log(`sword, bow, axe and sword again; what came last is on top: ${list(await recent.all())}`)

const first = new FirstAddedSorter(stockpile.tally('weapons', 2))
for (const item of ['sword', 'bow', 'axe', 'sword']) await first.add(item)
console.log(`only the first time counts, the newest is on top: ${list(await first.all())}`)
await first.subtract('sword', 2)
await first.add('sword')
console.log(`gone and come again, it is the newest: ${list(await first.all())}`)

const oldest = new OldestSorter(stockpile.tally('weapons', 3))
for (const item of ['sword', 'bow', 'axe', 'sword']) await oldest.add(item)
console.log(`the oldest on top: ${list(await oldest.all())}`)

await recent.add('shield')
await recent.sort(['axe', 'bow'])
console.log(`what the player puts on top stands above all that: ${list(await recent.all())}`)
await recent.add('shield')
await recent.sort(['sword'])
console.log(`and the last thing put there above the earlier: ${list(await recent.all())}`)
console.log(`a list is in order as well: ${list(await recent.get(['bow', 'shield', 'sword']))}`)

const sorted = new Sorter(stockpile.tally('weapons', 4))
for (const item of [13, 14, 15, 16]) await sorted.add(item)
console.log(`as long as nobody sorts, the highest number is on top: ${list(await sorted.all())}`)
await sorted.sort([14, 13])
console.log(`sorted by hand: ${list(await sorted.all())}`)

let page = await sorted.page({ limit: 3 })
console.log(`page by page: ${list(page.items)}`)
while (page.next !== null) {
  page = await sorted.page({ limit: 3, after: page.next })
  console.log(`  and then: ${list(page.items)}`)
}

function list(items: Items<bigint>): string {
  return [...items.keys()].join(', ')
}
