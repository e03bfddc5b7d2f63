import { writeSync } from 'node:fs'
import { Stockpile, type Inventory } from '../../src/index.ts'
import { BatchCount } from './batch-count.ts'
import { openStorage } from './open-storage.ts'
import { WorkerSide } from './worker-side.ts'

// A process with so many callers that two batches are under way at once, until it is killed. Its standard output is the log.

/** What such a process does. */
export interface CrowdJob {
  readonly url: string
  readonly app: string
  /** One caller for each user, who begins with the addition that the number says. */
  readonly next: readonly number[]
}

const side = new WorkerSide<CrowdJob>()
const { url, app, next } = side.job
const stockpile = new Stockpile({ storage: await openStorage(url) })
const batches = new BatchCount()
const answersPerWord = 50
let answers = 0

await side.start()
await Promise.all(next.map((first, user) => call(stockpile.tally(app, user + 1), user, first)))

async function call(inventory: Inventory<bigint>, user: number, first: number): Promise<void> {
  for (let count = first; ; count += 1) {
    const quantity = await inventory.add('gold', 1, { key: `${user} ${count}` })
    // Written when this returns: the file keeps it, even if the process is killed at once.
    writeSync(1, `${user} ${count} ${quantity} ${batches.most}\n`)
    answers += 1
    if (answers % answersPerWord === 0) await side.say({ type: 'progress', answers: answersPerWord })
  }
}
