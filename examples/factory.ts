// One place says how inventories are made: node examples/factory.ts
import { RecentSorter, Stockpile, type Tally, type UserId } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

class AnimalFarm {
  readonly #stockpile: Stockpile

  constructor(stockpile: Stockpile) {
    this.#stockpile = stockpile
  }

  /** The animals of a farmer, the newest first. It began as a bare tally; the wrapper came later, and no caller noticed. */
  inventory(user: UserId): RecentSorter<Tally> {
    return new RecentSorter(this.#stockpile.tally('animal_farm', user))
  }
}

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const farm = new AnimalFarm(stockpile)

const animals = farm.inventory('anna')
await animals.add('sheep', 3)
await animals.add('bird', 12)
await animals.add('cow')
console.log(`anna's animals, the newest first: ${await list('anna')}`)

await animals.add('sheep')
console.log(`a lamb is born: ${await list('anna')}`)

// Inventories remember nothing: two of one farmer are the same.
console.log(`asked of another object: ${await farm.inventory('anna').get('sheep')} sheep`)

async function list(user: UserId): Promise<string> {
  const all = await farm.inventory(user).all()
  return [...all].map(([animal, count]) => `${count} ${animal}`).join(', ')
}
