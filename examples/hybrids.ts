// A flock of sheep, two of which get names: node examples/hybrids.ts
import { Stockpile, type HybridQuantity } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const animals = stockpile.hybrid('animal_farm', 1)

console.log(`a hundred sheep come: ${show(await animals.add('sheep', 100))}`)

const some = await animals.convert('sheep', 2)
console.log(`two of them become serials: ${show(some)}`)

const named = some.grab(some.serials())
for (const [index, serial] of some.serials().entries()) named.set(serial, { name: ['Dolly', 'Molly'][index] })
console.log(`and get names: ${show(await animals.add('sheep', named))}`)

console.log(`thirty are sold, and the nameless go first: ${show(await animals.subtract('sheep', 30))}`)

const [dolly] = named.serials()
console.log(`Dolly is one of many again: ${show(await animals.convert('sheep', [dolly!]))}`)

try {
  await animals.convert('sheep', 1000)
} catch (error) {
  console.log(`no more than there are: ${(error as Error).message}`)
}
const [last] = await animals.history({ limit: 1 })
console.log(`the last line of the history: ${last?.change} sheep in all, ${last?.serials?.out.length} serial less`)

function show(quantity: HybridQuantity): string {
  const names = [...quantity].map(([, properties]) => (properties as { name?: string }).name ?? 'nameless')
  return `${quantity.value()} in all, ${quantity.tally()} counted, serials: ${names.join(', ') || 'none'}`
}
