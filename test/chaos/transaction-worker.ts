import { Stockpile } from '../../src/index.ts'
import { openStorage } from './open-storage.ts'
import { WorkerSide } from './worker-side.ts'

// A process that takes from one account and never comes to the end of its transaction.

/** What such a process does. */
export interface TransactionJob {
  readonly url: string
  readonly app: string
}

const side = new WorkerSide<TransactionJob>()
const stockpile = new Stockpile({ storage: await openStorage(side.job.url) })

await stockpile.transaction(
  async () => {
    const bank = stockpile.tally(side.job.app, 'bank')
    await bank.subtract('gold', 60)
    await stockpile.transaction(async () => {
      await stockpile.tally(side.job.app, 'thief').add('gold', 60)
    })
    // Never told to: it is killed here.
    await side.start()
  },
  { timeoutMs: 600_000 },
)
