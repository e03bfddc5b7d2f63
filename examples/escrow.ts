// A sheep waits where its owner can't reach it until somebody pays: node examples/escrow.ts
import { Stockpile, Transfer, type UserId } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const farmOf = (user: UserId) => stockpile.tally('animal_farm', user)
// Another app, and that is all: the application shows it to nobody.
const escrowOf = (user: UserId) => stockpile.tally('animal_escrow', user)
await farmOf('anna').add('sheep', 2)
await farmOf('ben').add('gold', 1500)

await new Transfer(farmOf('anna'), escrowOf('anna')).subtract('sheep', 1)
console.log('anna offers a sheep for 1000 gold')
await tell()

await stockpile.transaction(() => buy('ben'))
console.log('ben buys it')
await tell()

await new Transfer(farmOf('anna'), escrowOf('anna')).subtract('sheep', 1)
try {
  await stockpile.transaction(() => buy('ben'))
} catch (error) {
  console.log(`anna offers another, and ben would like that too: ${(error as Error).message}`)
}
await tell()

await new Transfer(farmOf('anna'), escrowOf('anna')).add('sheep', 1)
console.log('anna takes it back')
await tell()

async function buy(buyer: string): Promise<void> {
  await new Transfer(farmOf(buyer), escrowOf('anna')).add('sheep', 1)
  await new Transfer(farmOf('anna'), farmOf(buyer)).add('gold', 1000)
}

async function tell(): Promise<void> {
  for (const user of ['anna', 'ben'])
    console.log(`  ${user} has ${list(await farmOf(user).all())}; in escrow: ${list(await escrowOf(user).all())}`)
}

function list(items: Iterable<readonly [string, bigint]>): string {
  return [...items].map(([item, count]) => `${count} ${item}`).join(', ') || 'nothing'
}
