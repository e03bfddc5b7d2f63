// A dragon changes hands and stays the same dragon: node examples/transferring-serials.ts
import { Stockpile, Transfer, type Quantity } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const me = stockpile.serial('animal_farm', 'me')
const other = stockpile.serial('animal_farm', 'other')

await other.ready()
const dragons = other.quantity()
const smoke = dragons.add({ name: 'Smoke', xp: 22 })
for (const name of ['Ember', 'Flint', 'Spark']) dragons.add({ name, xp: 1 })
await other.add('dragon', dragons)
await tell()

const transfer = new Transfer(me, other)
const wanted = (await other.get('dragon')).grab([smoke])
await transfer.add('dragon', wanted)
console.log('I take Smoke, and exactly him')
await tell()

await transfer.add('dragon', 2)
console.log('I take two, whichever they are: the newest')
await tell()

try {
  await transfer.add('dragon', wanted)
} catch (error) {
  console.log(`Smoke once more? ${(error as Error).name}: nobody can give away what is not theirs`)
}

await transfer.subtract('dragon', [smoke])
console.log('I give Smoke back')
await tell()

const passed = (await other.history()).filter(({ serials }) =>
  [...(serials?.in ?? []), ...(serials?.out ?? [])].includes(smoke),
)
const ways = passed
  .reverse()
  .map(({ serials, party }) => `${serials?.in.includes(smoke) ? 'came' : 'went'}, ${party?.user ?? 'new'}`)
console.log(`what the other's history says of Smoke: ${ways.join('; ')}`)

async function tell(): Promise<void> {
  console.log(`  mine: ${names(await me.get('dragon'))}; the other's: ${names(await other.get('dragon'))}`)
}

function names(quantity: Quantity): string {
  return [...quantity].map(([, properties]) => (properties as { name: string }).name).join(', ') || 'none'
}
