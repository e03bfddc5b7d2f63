import { NotEnoughError, Stockpile, StockpileError, type Inventory } from '../../src/index.ts'
import { openStorage } from './open-storage.ts'
import { Random } from './random.ts'
import { WorkerSide } from './worker-side.ts'

// One of several processes that race; what it does is told by its job. Run by WorkerProcess.

/** What a racing process does. */
export type RaceJob = { readonly url: string; readonly app: string; readonly seed: number } & (
  | { readonly race: 'buy'; readonly rounds: number; readonly buyers: number }
  | {
      readonly race: 'transfer'
      readonly accounts: number
      readonly deals: number
      readonly transactions: number
      readonly inFlight: number
    }
  | { readonly race: 'add'; readonly count: number; readonly inFlight: number }
)

/** What became of its attempts. */
export interface RaceResult {
  readonly done: number
  readonly refused: number
  /** Of 'buy': how many it got in each round. */
  readonly bought: readonly number[]
  /** Everything that a caller should never see. */
  readonly faults: readonly string[]
}

const side = new WorkerSide<RaceJob>()
const { job } = side
const stockpile = new Stockpile({ storage: await openStorage(job.url) })
const counts = { done: 0, refused: 0, bought: [] as number[], faults: [] as string[] }

// Prepared when it has read: connected, and sure of the tables.
await stockpile.tally(job.app, 'nobody').all()
await side.start()
if (job.race === 'buy') await buy(job)
else if (job.race === 'transfer') await transfer(job)
else await add(job)
await stockpile.close()
await side.say({ type: 'result', result: counts satisfies RaceResult })
side.end()

/** In each round, many want one of the few units of the round's item. */
async function buy({ rounds, buyers }: RaceJob & { race: 'buy' }): Promise<void> {
  const shop = stockpile.tally(job.app, 'shop')
  for (let round = 1; round <= rounds; round += 1) {
    const before = counts.done
    await Promise.all(Array.from({ length: buyers }, () => attempt(() => shop.subtract(`ticket_${round}`))))
    counts.bought.push(counts.done - before)
  }
}

/** Moves money between accounts, crosswise: as deals, and by hand in transactions that lock in the order of their calls. */
async function transfer({
  accounts,
  deals,
  transactions,
  inFlight,
  seed,
}: RaceJob & { race: 'transfer' }): Promise<void> {
  const random = new Random(seed)
  const work = [
    ...Array.from({ length: deals }, () => moveByDeal),
    ...Array.from({ length: transactions }, () => moveByTransaction),
  ].sort(() => random.next() - 0.5)
  await inTurns(work.length, inFlight, async (index) => {
    const from = random.upTo(accounts)
    const to = 1 + ((from - 1 + random.upTo(accounts - 1)) % accounts)
    const move = work[index] ?? moveByDeal
    await attempt(() => move(account(from), account(to), random.upTo(20), random.chance(0.5)))
  })
}

async function moveByDeal(from: Inventory<bigint>, to: Inventory<bigint>, amount: number): Promise<void> {
  await stockpile.deal([from.plan.subtract('gold', amount), to.plan.add('gold', amount)])
}

async function moveByTransaction(
  from: Inventory<bigint>,
  to: Inventory<bigint>,
  amount: number,
  isGivenFirst: boolean,
): Promise<void> {
  await stockpile.transaction(async () => {
    if (isGivenFirst) await to.add('gold', amount)
    await from.subtract('gold', amount)
    if (!isGivenFirst) await to.add('gold', amount)
  })
}

async function add({ count, inFlight }: RaceJob & { race: 'add' }): Promise<void> {
  const hot = stockpile.tally(job.app, 'hot')
  await inTurns(count, inFlight, () => attempt(() => hot.add('clicks')))
}

function account(number: number): Inventory<bigint> {
  return stockpile.tally(job.app, `account_${number}`)
}

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    counts.done += 1
  } catch (error) {
    if (error instanceof NotEnoughError) counts.refused += 1
    else counts.faults.push(error instanceof StockpileError ? `${error.code}: ${error.message}` : String(error))
  }
}

/** Does so many pieces of work, so many of them at a time. */
async function inTurns(count: number, inFlight: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let index = next++; index < count; index = next++) await work(index)
    }),
  )
}
