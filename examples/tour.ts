// The shortest way to see what an inventory does: node examples/tour.ts [FILE]
import { rmSync } from 'node:fs'
import process from 'node:process'
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

const file = process.argv[2] ?? 'tour.db'

// The tour begins with an empty inventory, however often it is taken.
for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })

const stockpile = new Stockpile({ storage: sqlite(file) })
const inventory = stockpile.tally('test_app', 1)

console.log('User 1 of test_app has nothing yet. One thing after the other:')
tell('add(1000, 5)', await inventory.add(1000, 5), 'five of item 1000 come in')
tell('subtract(1000, 2)', await inventory.subtract(1000, 2), 'two of them go: three are left')
tell('add(2000, 3)', await inventory.add(2000, 3), 'three of item 2000 come in')
tell('get(2000)', await inventory.get(2000), 'how many of item 2000?')
tell('set(3000, 3)', await inventory.set(3000, 3), 'of item 3000, exactly three, whatever was there')
tell('all()', await inventory.all(), 'everything, of one moment')
tell('get([1000, 2000])', await inventory.get([1000, 2000]), 'or only some of it')
try {
  await inventory.subtract(1000, 50)
} catch (error) {
  tell('subtract(1000, 50)', (error as Error).name, (error as Error).message)
}
const [last] = await inventory.history({ limit: 1 })
tell('history({ limit: 1 })', last?.change, `by how much item ${last?.item} changed last: nothing is ever forgotten`)
await stockpile.close()

function tell(call: string, answer: unknown, meaning: string): void {
  const shown = typeof answer === 'bigint' ? `${answer}n` : typeof answer === 'string' ? answer : listed(answer)
  console.log(`  ${call.padEnd(22)} => ${shown.padEnd(34)} ${meaning}`)
}

function listed(items: unknown): string {
  const pairs = [...(items as Iterable<readonly [string, bigint]>)]
  return pairs.map(([item, quantity]) => `${item}: ${quantity}n`).join(', ')
}
