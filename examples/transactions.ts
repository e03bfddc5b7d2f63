// Several calls that happen together or not at all: node examples/transactions.ts
import { NotEnoughError, Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const inventory = stockpile.tally('animal_farm', 1)
await inventory.add('wool', 3)

await stockpile.transaction(async () => {
  await inventory.subtract('wool', 2)
  await inventory.add('scarf', 1)
  stockpile.onCommit(() => console.log('  (this is said once it is certain)'))
})
console.log(`two wool became a scarf: ${await list()}`)

try {
  await stockpile.transaction(async () => {
    await inventory.add('scarf', 1)
    await inventory.subtract('wool', 2)
  })
} catch (error) {
  console.log(`no second one: ${(error as Error).message}`)
}
console.log(`and nothing has changed: ${await list()}`)

// A refused write undoes itself alone. Whoever handles it can go on; what came before still counts.
await stockpile.transaction(async () => {
  await inventory.add('button', 2)
  try {
    await inventory.subtract('wool', 2)
    await inventory.add('scarf', 1)
  } catch (error) {
    if (!(error instanceof NotEnoughError)) throw error
    console.log(`only ${error.held} wool: a cap instead`)
    await inventory.subtract('wool', 1)
    await inventory.add('cap', 1)
  }
})
console.log(`afterwards: ${await list()}`)

async function list(): Promise<string> {
  return [...(await inventory.all())].map(([item, count]) => `${count} ${item}`).join(', ')
}
