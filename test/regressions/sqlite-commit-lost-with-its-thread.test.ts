import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

let onWorker: ((worker: Worker) => void) | null = null

afterEach(() => {
  if (onWorker !== null) process.off('worker', onWorker)
})

/** Ends a thread after it has done what `method` asks, and before its answer arrives. */
function loseAnswerOf(method: string, isDone: () => boolean): void {
  let isOver = false
  onWorker = (worker): void => {
    const post = worker.postMessage.bind(worker)
    worker.postMessage = (question: { method?: string }): void => {
      post(question)
      if (question.method !== method || isOver) return
      isOver = true
      worker.removeAllListeners('message')
      void (async () => {
        while (!isDone()) await setImmediate()
        await worker.terminate()
      })()
    }
  }
  process.on('worker', onWorker)
}

function quantity(path: string): bigint {
  const database = new SqliteDatabase(path, { readonly: true })
  try {
    const row = database.prepare('SELECT quantity FROM farm_stockpile_holding').safeIntegers().get()
    return (row as { quantity: bigint } | undefined)?.quantity ?? 0n
  } finally {
    database.close()
  }
}

test('a transaction on SQLite whose COMMIT was done, and whose answer was lost with the thread, happens once', async () => {
  await using lab = await openSqliteLab()
  loseAnswerOf('commit', () => quantity(lab.path) === 1n)
  await lab.stockpile.migrate(['farm'])
  let tries = 0
  await lab.stockpile.transaction(async () => {
    tries += 1
    await lab.stockpile.tally('farm', 'ann').add('egg')
  })
  expect(tries).toBe(1)
  expect(await lab.stockpile.tally('farm', 'ann').get('egg')).toBe(1n)
})

test('a transaction on SQLite that loses its thread between two calls runs again, and happens once', async () => {
  await using lab = await openSqliteLab()
  const workers: Worker[] = []
  onWorker = (worker): void => void workers.push(worker)
  process.on('worker', onWorker)
  await lab.stockpile.migrate(['farm'])
  let tries = 0
  await lab.stockpile.transaction(async () => {
    tries += 1
    await lab.stockpile.tally('farm', 'ann').add('egg')
    if (tries === 1) await Promise.all(workers.map((worker) => worker.terminate()))
    await lab.stockpile.tally('farm', 'ann').add('egg')
  })
  expect(tries).toBe(2)
  expect(await lab.stockpile.tally('farm', 'ann').get('egg')).toBe(2n)
})

test("a transaction's own error comes out as it is, even if the thread of SQLite was lost with it", async () => {
  await using lab = await openSqliteLab()
  const workers: Worker[] = []
  onWorker = (worker): void => void workers.push(worker)
  process.on('worker', onWorker)
  const seen: string[] = []
  const work = lab.stockpile.transaction(async () => {
    lab.stockpile.onRollback(() => seen.push('rolled back'))
    await lab.stockpile.tally('farm', 'ann').add('egg')
    await Promise.all(workers.map((worker) => worker.terminate()))
    throw new RangeError('mine')
  })
  await expect(work).rejects.toThrow(RangeError)
  expect(seen.at(-1)).toBe('rolled back')
  expect(await lab.stockpile.tally('farm', 'ann').get('egg')).toBe(0n)
})
