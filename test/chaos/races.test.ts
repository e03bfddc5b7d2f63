import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { effort } from './effort.ts'
import { openStorage } from './open-storage.ts'
import type { RaceJob, RaceResult } from './race-worker.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds, type Store } from './stores.ts'
import { WorkerProcess } from './worker-process.ts'

const processes = 4
const seed = chooseSeed('races')

describe.each(storeKinds)('four processes on $name', { timeout: effort(60_000, 1_800_000) }, (kind) => {
  let store: Store
  let stockpile: Stockpile

  beforeAll(async () => {
    store = await kind.open()
    stockpile = new Stockpile({ storage: await openStorage(store.url) })
  })

  afterAll(async () => {
    await stockpile?.close()
    await store?.[Symbol.asyncDispose]()
  })

  /** Has all processes do the same at the same time. */
  async function race(jobOf: (process: number) => DistributiveOmit<RaceJob, 'url'>): Promise<RaceResult[]> {
    const workers = Array.from(
      { length: processes },
      (_, index) => new WorkerProcess('race-worker.ts', { ...jobOf(index), url: store.url }),
    )
    try {
      await Promise.all(workers.map((worker) => worker.ready()))
      for (const worker of workers) worker.tell({ type: 'go' })
      const results = await Promise.all(workers.map((worker) => worker.result()))
      await Promise.all(workers.map((worker) => worker.ended()))
      return results as RaceResult[]
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()))
    }
  }

  async function expectOrder(app: string): Promise<void> {
    const report = await stockpile.verify(app)
    expect(report.breaks).toEqual([])
  }

  test('sell every unit once, and no more than there are', async () => {
    const [rounds, buyers] = [effort(30, 1_000), 4]
    await stockpile.migrate(['shop'])
    const shop = stockpile.tally('shop', 'shop')
    // Fewer than the buyers of one process, and in every third round a single one: the last unit is what it is about.
    const unitsOf = (round: number): number => 1 + (round % 3)
    await stockpile.deal(
      Array.from({ length: rounds }, (_, index) => shop.plan.add(`ticket_${index + 1}`, unitsOf(index + 1))),
    )
    const results = await race(() => ({ race: 'buy', app: 'shop', seed, rounds, buyers }))
    expect(results.flatMap((result) => result.faults)).toEqual([])
    const sold = Array.from({ length: rounds }, (_, index) => sum(results.map((result) => result.bought[index] ?? 0)))
    expect(sold).toEqual(Array.from({ length: rounds }, (_, index) => unitsOf(index + 1)))
    expect(sum(results.map((result) => result.refused))).toBe(processes * rounds * buyers - sum(sold))
    expect((await shop.all()).size).toBe(0)
    await expectOrder('shop')
  })

  /** Moves money crosswise; answers the faults, how many moves got an answer, what all accounts have, and what is wrong with the books. */
  async function moveMoney(app: string, plan: Pick<TransferJob, 'accounts' | 'deals' | 'transactions' | 'inFlight'>) {
    await stockpile.migrate([app])
    const tallies = Array.from({ length: plan.accounts }, (_, index) => stockpile.tally(app, `account_${index + 1}`))
    await stockpile.deal(tallies.map((tally) => tally.plan.add('gold', 100)))
    const results = await race((index) => ({ race: 'transfer', app, seed: seed + index, ...plan }))
    const balances = await Promise.all(tallies.map((tally) => tally.get('gold')))
    return {
      faults: results.flatMap((result) => result.faults),
      answered: sum(results.map((result) => result.done + result.refused)),
      gold: balances.reduce((total, balance) => total + balance, 0n),
      breaks: (await stockpile.verify(app)).breaks,
    }
  }

  test('move money crosswise without losing or making any, and never see a deadlock', async () => {
    const [deals, transactions] = [effort(600, 20_000), effort(40, 2_000)]
    const answered = processes * (deals + transactions)
    const moved = await moveMoney('bank', { accounts: 20, deals, transactions, inFlight: 12 })
    expect(moved).toEqual({ faults: [], answered, gold: 2_000n, breaks: [] })
  })

  test('move money crosswise with two batches under way in each', async () => {
    const [deals, transactions] = [effort(2_000, 60_000), effort(20, 1_000)]
    const answered = processes * (deals + transactions)
    const moved = await moveMoney('bourse', { accounts: 2_000, deals, transactions, inFlight: 1_200 })
    expect(moved).toEqual({ faults: [], answered, gold: 200_000n, breaks: [] })
  })

  test('add 100,000 times to one holding and lose none', async () => {
    const count = 100_000 / processes
    await stockpile.migrate(['hot'])
    const results = await race(() => ({ race: 'add', app: 'hot', seed, count, inFlight: 512 }))
    expect(results.flatMap((result) => result.faults)).toEqual([])
    expect(results.map((result) => result.done)).toEqual(Array.from({ length: processes }, () => count))
    const items = await stockpile.tally('hot', 'hot').all()
    expect(items.get('clicks')).toBe(100_000n)
    expect(items.version).toBe(100_000n)
    const report = await stockpile.verify('hot')
    expect(report).toMatchObject({ accounts: 1, entries: 100_000, breaks: [] })
  })
})

type TransferJob = RaceJob & { race: 'transfer' }

type DistributiveOmit<T, Field extends PropertyKey> = T extends unknown ? Omit<T, Field> : never

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
