// Somebody in the office makes it exactly seven: node examples/admin-set.ts
import { Stockpile, VersionConflictError } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const inventory = stockpile.tally('animal_farm', 1)
await inventory.add('sheep', 4)

const counted = await inventory.set('sheep', 7, { data: { actor: 'office', reason: 'counted by hand' } })
console.log(`the office has counted: ${counted} sheep`)
const [entry] = await inventory.history({ limit: 1 })
console.log(`the history says: ${entry?.change} sheep, ${entry?.balance} in all, ${JSON.stringify(entry?.data)}`)

// Others go on meanwhile. What is set is decided when nobody else can write.
await Promise.all([inventory.add('sheep', 3), inventory.set('sheep', 2), inventory.subtract('sheep', 1)])
const changes = (await inventory.history({ limit: 3 }))
  .reverse()
  .map(({ change, balance }) => `${change} to ${balance}`)
console.log(`in the middle of other changes: ${changes.join(', then ')}`)

// Whoever decides by what a screen has shown says which version it was.
const shown = await inventory.all()
await inventory.add('sheep', 1)
try {
  await inventory.set('sheep', 5, { ifVersion: shown.version })
} catch (error) {
  if (!(error instanceof VersionConflictError)) throw error
  console.log(`the screen was old: ${error.message}`)
}
console.log(`sheep now: ${await inventory.get('sheep')}`)
