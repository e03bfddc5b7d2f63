// Every animal has experience, whoever makes it: node examples/validating.ts
import { QuantityInspector, Stockpile, type Check, type Quantity, type UserId } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })

interface Animal {
  readonly [name: string]: unknown
  readonly name: string
  readonly xp?: number
}

/** Fills in what is missing, and refuses what can't be; looks at everything that goes in and comes out. */
const validate: Check<Quantity<Animal>> = (quantity, { direction }) => {
  for (const [serial, animal] of quantity.all()) {
    const { xp = 1 } = animal
    if (direction === 'in' && xp > 100) throw new RangeError(`${animal.name} can't know as much as ${xp}`)
    quantity.set(serial, { ...animal, xp })
  }
}

const bare = stockpile.serial<Animal>('animal_farm', 1)
await bare.ready()
const old = bare.quantity()
old.add({ name: 'Ada' })
await bare.add('sheep', old)
console.log(`written before anybody thought of experience: ${show(await bare.get('sheep'))}`)

const farm = farmOf(1)
console.log(`read with care: ${show(await farm.get('sheep'))}`)

const young = farm.quantity()
young.add({ name: 'Bob' })
young.add({ name: 'Cleo', xp: 7 })
console.log(`two more: ${show(await farm.add('sheep', young))}`)
console.log(`what is stored now: ${show(await bare.get('sheep'))}`)

const wise = farm.quantity()
wise.add({ name: 'Dora', xp: 1000 })
try {
  await farm.add('sheep', wise)
} catch (error) {
  console.log(`refused: ${(error as Error).message}`)
}
console.log(`sheep: ${(await farm.get('sheep')).value()}`)

/** Where inventories are made is where the check belongs, so that nobody can forget it. */
function farmOf(user: UserId) {
  return new QuantityInspector(stockpile.serial<Animal>('animal_farm', user), validate)
}

function show(quantity: Quantity<Animal>): string {
  return [...quantity].map(([, animal]) => JSON.stringify(animal)).join(' ')
}
