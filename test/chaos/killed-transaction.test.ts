import { expect, describe, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { openStorage } from './open-storage.ts'
import { storeKinds } from './stores.ts'
import type { TransactionJob } from './transaction-worker.ts'
import { WorkerProcess } from './worker-process.ts'

describe.each(storeKinds)('on $name', (kind) => {
  test('a process killed in the middle of a transaction leaves nothing of it and holds nobody up', async () => {
    await using store = await kind.open()
    await using stockpile = new Stockpile({ storage: await openStorage(store.url, { lockWaitMs: 30_000 }) })
    await stockpile.migrate(['vault'])
    const [bank, thief, other] = ['bank', 'thief', 'other'].map((user) => stockpile.tally('vault', user))
    if (bank === undefined || thief === undefined || other === undefined) throw new Error('unreachable')
    await bank.add('gold', 100)
    const job: TransactionJob = { url: store.url, app: 'vault' }
    await using worker = new WorkerProcess('transaction-worker.ts', job)
    await worker.ready()
    // Nobody sees what it did, nobody else waits for it, and who wants its accounts gets them when it is gone.
    expect(await bank.get('gold')).toBe(100n)
    const held = Promise.all([bank.subtract('gold', 100), bank.add('iron'), thief.add('iron')])
    const passing = other.add('gold', 1)
    // A file has one writer at a time, so there everybody waits.
    await (kind.hasServer ? passing : null)
    await worker.kill()
    expect(await held).toEqual([0n, 1n, 1n])
    expect(await passing).toBe(1n)
    expect((await thief.all()).get('gold')).toBeUndefined()
    expect(await bank.history()).toMatchObject([
      { item: 'iron', change: 1n, version: 3n },
      { item: 'gold', change: -100n, version: 2n },
      { item: 'gold', change: 100n, version: 1n },
    ])
    expect((await stockpile.verify('vault')).breaks).toEqual([])
  })
})
