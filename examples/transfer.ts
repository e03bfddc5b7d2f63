// Five birds for two sheep, between two farmers: node examples/transfer.ts
import { Stockpile, Transfer, type UserId } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const mine = stockpile.tally('animal_farm', 'anna')
const theirs = stockpile.tally('animal_farm', 'ben')
await mine.add('bird', 6)
await theirs.add('sheep', 3)

const trade = new Transfer(mine, theirs)
await stockpile.transaction(async () => {
  await trade.subtract('bird', 5)
  await trade.add('sheep', 2)
})
console.log('five birds for two sheep')
await tell()

try {
  await stockpile.transaction(async () => {
    await trade.subtract('bird', 1)
    await trade.add('sheep', 2)
  })
} catch (error) {
  console.log(`once more? ${(error as Error).message}`)
}
await tell()

// A single call needs no transaction: what one gets, the other gives, or nothing happens.
console.log(`ben's last sheep, for nothing: anna has ${await trade.add('sheep', 1)}`)
const [entry] = await theirs.history({ limit: 1 })
console.log(`ben's history says: ${entry?.change} ${entry?.item}, with ${entry?.party?.user} of ${entry?.party?.app}`)

async function tell(): Promise<void> {
  console.log(`  anna: ${await list('anna')}`)
  console.log(`  ben: ${await list('ben')}`)
}

async function list(user: UserId): Promise<string> {
  const all = await stockpile.tally('animal_farm', user).all()
  return [...all].map(([animal, count]) => `${count} ${animal}`).join(', ')
}
