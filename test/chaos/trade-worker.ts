import { setTimeout as pause } from 'node:timers/promises'
import type { Stockpile } from '../../src/index.ts'
import { Random } from './random.ts'
import { randomTrades } from './random-trades.ts'
import { runClients } from './run-clients.ts'
import type { TradeRequest } from './trade-request.ts'
import { Trader } from './trader.ts'
import { WorkerSide } from './worker-side.ts'

// A process whose clients trade.

/** What such a process does. */
export interface TradeJob {
  readonly url: string
  readonly seed: number
  /** Which of the processes it is, and which one at that place: they make its trades' names unique. */
  readonly place: number
  readonly generation: number
  readonly clients: number
}

const side = new WorkerSide<TradeJob>()
const { seed, place, generation } = side.job
await runClients(side, run)

async function run(stockpile: Stockpile, log: (line: unknown) => void, number: number): Promise<void> {
  const trader = new Trader(stockpile, log)
  const random = new Random(seed, place, generation, number)
  const asked: { op: string; request: TradeRequest; attempts: number }[] = []
  for (let count = 1; !side.isStopped; count += 1) {
    if (asked.length > 0 && random.chance(0.05)) {
      const again = random.pick(asked)
      again.attempts += 1
      await trader.perform(again.op, again.request, again.attempts)
      continue
    }
    const trades = await randomTrades(random, stockpile)
    const answers = await Promise.all(
      trades.map((steps, index) => {
        const op = `${place}.${generation}.${number}.${count}.${index}`
        const request = { steps, key: steps.length === 1 && random.chance(0.5) ? `key ${op}` : null }
        if (request.key !== null) asked.push({ op, request, attempts: 1 })
        return trader.perform(op, request)
      }),
    )
    await side.say({ type: 'progress', answers: answers.filter((answer) => 'steps' in answer).length })
    // What is wrong fills no disk.
    if (answers.some((answer) => 'fault' in answer)) await pause(random.below(500))
  }
}
