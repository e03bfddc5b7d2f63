// Add, take, look: node examples/thirty-seconds.ts
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const inventory = stockpile.tally('test_app', 1)

console.log(`five of item 1000 come in: there are ${await inventory.add(1000, 5)}`)
console.log(`two of them go: there are ${await inventory.subtract(1000, 2)}`)
console.log(`one more comes in: there are ${await inventory.add(1000)}`)
console.log(`of item 3000 there shall be three: there are ${await inventory.set(3000, 3)}`)
console.log(`nobody has ever seen item 2000: there are ${await inventory.get(2000)}`)

console.log('everything:')
for (const [item, quantity] of await inventory.all()) console.log(`  item ${item}: ${quantity}`)

const some = await inventory.get([1000, 2000])
console.log(`items 1000 and 2000, as far as they are there: ${[...some.keys()].join(', ')}`)

try {
  await inventory.subtract(1000, 50)
} catch (error) {
  console.log(`fifty can not go: ${(error as Error).message}`)
}
