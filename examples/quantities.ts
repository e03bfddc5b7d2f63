// Monsters, each of them with properties of its own: node examples/quantities.ts
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const monsters = stockpile.serial('monster', 1)

const made = await monsters.add('troll', 5)
console.log(`five trolls come in, each with a serial: ${made.value()} of them, ${made.serials().length} serials`)
console.log(`two go, the newest: ${(await monsters.subtract('troll', 2)).value()} are left`)

// A quantity is a value: it changes no inventory until it is added to one.
await monsters.ready()
const litter = monsters.quantity()
const strongest = litter.add({ xp: 39, health: 2 })
litter.add({ xp: 22, health: 5 })
litter.add({ xp: 1, health: 1 })
await monsters.add('imp', litter)
const imps = await monsters.get('imp')
console.log(`three imps: ${[...imps].map(([, properties]) => JSON.stringify(properties)).join(' ')}`)
console.log(`the strongest: ${JSON.stringify(imps.get(strongest))}`)

// Adding a serial that is there already gives it other properties.
await monsters.add('imp', imps.grab([strongest]).set(strongest, { xp: 40, health: 3 }))
console.log(`it has learned: ${JSON.stringify((await monsters.get('imp')).get(strongest))}`)

console.log(`one of them goes, and not just any: ${(await monsters.subtract('imp', [strongest])).value()} are left`)
await monsters.subtract('imp', imps.grab(2))
console.log(`and the two newest as well: ${(await monsters.get('imp')).value()} are left`)

console.log(`numbers of one's own: ${(await monsters.add('ghost', [1, 2, 3, 4])).serials().join(', ')}`)
try {
  await monsters.subtract('ghost', [4, 5])
} catch (error) {
  console.log(`all of them or none: ${(error as Error).message}`)
}
console.log(`so there are still ${(await monsters.get('ghost')).value()} ghosts`)
try {
  await stockpile.serial('monster', 2).add('ghost', [4])
} catch (error) {
  console.log(`nothing is in two places: ${(error as Error).message}`)
}
