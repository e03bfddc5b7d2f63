import { writeSync } from 'node:fs'
import { Stockpile } from '../../src/index.ts'
import { openStorage } from './open-storage.ts'
import type { WorkerSide } from './worker-side.ts'

/**
 * The life of a process whose clients work until it is told to stop, or killed. Its standard output is the log.
 *
 * @param client does the work of one client, whose number it gets; what it logs is written when `log` returns
 */
export async function runClients(
  side: WorkerSide<{ readonly url: string; readonly clients: number }>,
  client: (stockpile: Stockpile, log: (line: unknown) => void, number: number) => Promise<void>,
): Promise<void> {
  const { url, clients } = side.job
  const stockpile = new Stockpile({ storage: await openStorage(url) })
  // The file keeps it, even if the process is killed at once.
  const log = (line: unknown): void => {
    writeSync(1, `${JSON.stringify(line)}\n`)
  }
  await side.start()
  await Promise.all(Array.from({ length: clients }, (_, number) => client(stockpile, log, number)))
  await stockpile.close()
  await side.say({ type: 'result', result: null })
  side.end()
}
