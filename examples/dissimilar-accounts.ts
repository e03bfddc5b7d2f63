// A market where gold is kept in one place and animals in another: node examples/dissimilar-accounts.ts
import { Stockpile, Transfer, type UserId } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const purseOf = (user: UserId) => stockpile.tally('animal_currency', user)
const farmOf = (user: UserId) => stockpile.serial('animal_farm', user)
const marketOf = (user: UserId) => stockpile.serial('animal_market', user)

await purseOf('ben').add('gold', 1500)
await farmOf('anna').ready()
const flock = farmOf('anna').quantity()
const dolly = flock.add({ name: 'Dolly', wool: 'white' })
flock.add({ name: 'Molly', wool: 'black' })
await farmOf('anna').add('sheep', flock)

await new Transfer(farmOf('anna'), marketOf('anna')).subtract('sheep', [dolly])
console.log('anna brings Dolly to the market')

const sale = () =>
  [
    new Transfer(purseOf('anna'), purseOf('ben')).plan.add('gold', 1000),
    new Transfer(farmOf('ben'), marketOf('anna')).plan.add('sheep', [dolly]),
  ] as const

const [payment] = await stockpile.deal(sale(), { dryRun: true })
console.log(`what if ben bought her? anna would have ${payment.quantity} gold; so far she has ${await goldOf('anna')}`)

await stockpile.deal(sale(), { data: { reason: 'sale' }, key: 'sale-1' })
console.log(`sold: anna has ${await goldOf('anna')} gold, ben has ${await goldOf('ben')}`)
console.log(`ben's sheep: ${await namesOf('ben')}; anna's sheep: ${await namesOf('anna')}`)

// A button pressed twice, a request sent again: it is known by its key.
await stockpile.deal(sale(), { data: { reason: 'sale' }, key: 'sale-1' })
console.log(`asked for once more by mistake, ben still has ${await goldOf('ben')} gold`)

async function goldOf(user: UserId): Promise<bigint> {
  return purseOf(user).get('gold')
}

async function namesOf(user: UserId): Promise<string> {
  const sheep = await farmOf(user).get('sheep')
  return [...sheep].map(([, properties]) => (properties as { name: string }).name).join(', ')
}
