import { setTimeout as pause } from 'node:timers/promises'
import type { Stockpile } from '../../src/index.ts'
import { Client } from './client.ts'
import { Random } from './random.ts'
import type { Answer } from './record.ts'
import { randomRequest, type Request } from './request.ts'
import { runClients } from './run-clients.ts'
import { WorkerSide } from './worker-side.ts'

// A process whose clients ask for random things.

/** What such a process does. */
export interface HistoryJob {
  readonly url: string
  readonly app: string
  readonly seed: number
  /** Which of the processes it is, and which one at that place: they make its operations' names unique. */
  readonly place: number
  readonly generation: number
  readonly clients: number
}

const side = new WorkerSide<HistoryJob>()
const { app, seed, place, generation } = side.job
await runClients(side, run)

async function run(stockpile: Stockpile, log: (line: unknown) => void, number: number): Promise<void> {
  const client = new Client(stockpile, app, log)
  const random = new Random(seed, place, generation, number)
  const versions = new Map<string, string>()
  const asked: { op: string; request: Request & { kind: 'deal' }; attempts: number }[] = []
  for (let count = 1; !side.isStopped; count += 1) {
    const again = asked.length > 0 && random.chance(0.07) ? random.pick(asked) : undefined
    let answer: Answer
    if (again !== undefined) {
      again.attempts += 1
      answer = await client.perform(again.op, again.request, again.attempts)
    } else {
      const op = `${place}.${generation}.${number}.${count}`
      const keys = asked.flatMap(({ request }) => request.key ?? [])
      const request = randomRequest(random, { versions, keys }, `key ${op}`)
      if (request.kind === 'deal' && request.key !== null) asked.push({ op, request, attempts: 1 })
      answer = await client.perform(op, request)
    }
    remember(answer, versions)
    await side.say({ type: 'progress', answers: 1 })
    // While the database is away there is nothing to be gained by haste.
    if ('fault' in answer) await pause(random.below(50))
  }
}

function remember(answer: Answer, versions: Map<string, string>): void {
  if (!('outcomes' in answer)) return
  for (const { user, version } of answer.outcomes) versions.set(user, version)
}
