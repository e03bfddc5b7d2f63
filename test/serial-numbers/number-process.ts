import process from 'node:process'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

// Takes serial numbers in quick succession, as a process of its own, and says which runs of neighbours it got.
const [, , url = '', count = '0', lag = '0'] = process.argv
const scheme = url.slice(0, url.indexOf(':'))
const storage =
  scheme === 'sqlite' ? sqlite(url.slice('sqlite:'.length)) : scheme === 'mysql' ? mysql(url) : postgres(url)
const stockpile = new Stockpile({ storage, clock: () => Date.now() - Number(lag), tables: 'auto' })
const inventory = stockpile.serial('farm', 'ann')
const runs: [string, string][] = []
let first = 0n
let last = 0n
for (let taken = 0; taken < Number(count);) {
  await inventory.ready()
  const quantity = inventory.quantity()
  for (let few = 0; few < 1_000 && taken < Number(count); few += 1, taken += 1) {
    let serial
    try {
      serial = quantity.add()
    } catch {
      break
    }
    if (serial !== last + 1n) {
      if (last > 0n) runs.push([first.toString(), last.toString()])
      first = serial
    }
    last = serial
  }
}
runs.push([first.toString(), last.toString()])
await stockpile.close()
process.stdout.write(JSON.stringify(runs))
