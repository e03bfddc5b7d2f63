import type { SerialContender } from './database.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type LoadOptions, type RunResult } from './load.ts'
import { runAlone } from './question.ts'
import { rivalsQuestion } from './rivals.ts'
import { seedSerialsByHand, seedStockpileSerials, stockpileSerials } from './serial-stock.ts'
import { firstUser, stockItem } from './stock.ts'
import { seeded } from './workload.ts'

const app = 'serials'
const accounts = 10_000
const serials = 5

/** How many serials a second come and go: Stockpile beside code written by hand. */
const question = rivalsQuestion<SerialContender>(
  {
    name: 'serials',
    title: 'Serials: one is added, or that one subtracted, by hand and with Stockpile, fully durable',
    note:
      'Pairs are by hand, then Stockpile. One write is one serial, half of them additions; processor time is for one write, and on SQLite node ' +
      'does the database’s work too. By hand a write answers the serial alone, Stockpile answers the item’s whole new quantity with all ' +
      `properties. ${accounts.toLocaleString('en')} accounts of ${serials} serials.`,
  },
  async (database, stack) => {
    const stockpile = await database.open()
    const ours = stack.use(stockpileSerials(database, stockpile, app))
    await seedStockpileSerials(database, stockpile, { app, accounts, serials })
    const hand = stack.use(await database.serialsByHand(app))
    await seedSerialsByHand(database, { app, accounts, serials })
    return { hand, ours, run: checkedSerials }
  },
)

/** Adds and subtracts for some time, and holds the tables to it: what was acknowledged is what was written. */
async function checkedSerials(contender: SerialContender, options: LoadOptions, seed: number): Promise<RunResult> {
  const random = seeded(seed)
  const busy = new Set<number>()
  const made: { readonly user: number; readonly serial: bigint }[] = []
  const done = { writes: 0, serials: 0 }
  // An account is written by one caller at a time: what is contended is another question, and the answer tells which serial is new.
  const pickIdle = (): number => {
    const user = firstUser + 1 + Math.floor(random() * accounts)
    return busy.has(user) ? pickIdle() : user
  }
  const operate = async (): Promise<void> => {
    const last = made.shift()
    if (last === undefined) {
      const user = pickIdle()
      busy.add(user)
      made.push({ user, serial: await contender.add(user, stockItem) })
      done.serials += 1
    } else {
      await contender.subtract(last.user, stockItem, last.serial)
      busy.delete(last.user)
      done.serials -= 1
    }
    done.writes += 1
  }
  const before = await contender.sums()
  await load({ ...options, milliseconds: Math.min(300, options.milliseconds) }, operate)
  const result = await load(options, operate)
  const after = await contender.sums()
  const { name } = contender
  expectMoved(`${name}: the number of serials`, after.serials - before.serials, done.serials)
  expectMoved(`${name}: the sum of the holdings' counts`, after.holdings - before.holdings, done.serials)
  expectMoved(`${name}: the sum of the history's changes`, after.changes - before.changes, done.serials)
  expectMoved(`${name}: the number of the history's rows`, after.entries - before.entries, done.writes)
  if (after.versions !== null && before.versions !== null)
    expectMoved(`${name}: the sum of the versions`, after.versions - before.versions, done.writes)
  return result
}

export default question
await runAlone(import.meta, question)
