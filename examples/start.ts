// What `npm start` runs: the tour, then a day at a market. With arguments, the command line on the market's file.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

// Git and the checks of the repository pass it over.
const folder = 'stockpile-example'
const database = join(folder, 'market.db')
const dayFile = relative(process.cwd(), join(import.meta.dirname, 'market-day.csv'))
const refusedFile = join(folder, 'market-day.refused.jsonl')
const commandLine = fileURLToPath(new URL('cli/main.js', import.meta.resolve('stockpile')))

const args = process.argv.slice(2)
if (args.length > 0) process.exitCode = run([commandLine, ...args])
else await showAll()

async function showAll(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  console.log('1. A short tour of the library (examples/tour.ts)\n')
  if (run([join(import.meta.dirname, 'tour.ts'), join(folder, 'tour.db')]) !== 0) throw new Error('the tour failed')
  showDay()
  await showEvening()
  console.log(`
What to try next, on the same market:

  npm start -- all market bakery
  npm start -- history market customer_7 --limit 5
  npm start -- subtract market bakery plum_cake 1000

The second time, npm start does nothing twice: every deal is known by its key. Delete ${folder} to begin anew.
In a project of your own: npm install stockpile better-sqlite3, and npx stockpile --help.`)
}

function showDay(): void {
  const rows = readFileSync(dayFile, 'utf8').trimEnd().split('\n').length - 1
  const isAgain = existsSync(database)
  console.log(`
2. A day at a market: ${rows.toLocaleString('en-US')} lines of examples/market-day.csv, by the command line

Customers come with coins, stalls get their deliveries, goods change hands. A sale is one deal of several lines: the goods go one way and
the coins the other, or nothing happens at all.
${isAgain ? '\nThis market has had its day already; it is applied once more, to show that nothing is done twice.\n' : ''}
$ stockpile apply market-day.csv --app market --deal deal --user who --item item --quantity quantity --data what
`)
  const columns = ['--deal', 'deal', '--user', 'who', '--item', 'item', '--quantity', 'quantity', '--data', 'what']
  const exitCode = run([commandLine, 'apply', dayFile, '--app', 'market', ...columns, '--refused', refusedFile])
  // 1 says that some deals were refused, as they must be.
  if (exitCode > 1) throw new Error('the day could not be applied')
}

async function showEvening(): Promise<void> {
  showRefusals()
  await using stockpile = new Stockpile({ storage: sqlite(database) })
  const stalls = ['bakery', 'dairy', 'garden', 'orchard']
  console.log('\nWhat the stalls have in the evening:\n')
  for (const stall of stalls) {
    const items = [...(await stockpile.tally('market', stall).all())].sort(([, left], [, right]) =>
      Number(right - left),
    )
    console.log(`  ${stall.padEnd(8)} ${items.map(([item, quantity]) => `${quantity} ${item}`).join(', ')}`)
  }
  const { accounts, entries, breaks } = await stockpile.verify('market')
  console.log(`
The books are ${breaks.length === 0 ? 'in order' : 'NOT in order'}: ${accounts} accounts, ${entries.toLocaleString('en-US')} entries of history, ${breaks.length} breaks.`)
}

function showRefusals(): void {
  const refusals = readFileSync(refusedFile, 'utf8')
    .split('\n')
    .flatMap((line) =>
      line === '' ? [] : [(JSON.parse(line) as { refused: { deal: string; message: string } }).refused],
    )
  const isAboutCoins = refusals.filter(({ message }) => message.includes('of item coin')).length
  console.log(`
${refusals.length} deals were refused, each as a whole: in ${isAboutCoins} the coins did not suffice, in ${refusals.length - isAboutCoins} the goods. For example:
`)
  for (const { deal, message } of refusals.slice(0, 3)) console.log(`  ${deal}: ${message}`)
}

function run(command: readonly string[]): number {
  const env = { STOCKPILE_STORAGE: `sqlite:${database}`, ...process.env }
  const { status, error } = spawnSync(process.execPath, command, { stdio: 'inherit', env })
  if (error !== undefined) throw error
  return status ?? 1
}
