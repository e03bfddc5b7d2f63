import { expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { servers } from './servers.ts'

test.each(servers)(
  'on $name, transactions that have all the connections they can get leave enough for deals, reads and new tables',
  async (kind) => {
    await using database = await createDatabase(kind.url())
    const storage = kind.storage(database.url, { connectionsMax: 4, lockWaitMs: 20_000 })
    await using stockpile = new Stockpile({ storage, tables: 'auto' })
    await stockpile.migrate(['farm'])
    let openCount = 0
    const { promise: areAllOpen, resolve: allOpen } = Promise.withResolvers<undefined>()
    const bob = stockpile.tally('farm', 'bob')
    const outside = areAllOpen.then(() => Promise.all([bob.add('egg'), bob.get('hen')]))
    const transactions = Array.from({ length: 8 }, (_, index) =>
      stockpile.transaction(async () => {
        await stockpile.tally('farm', `user_${index}`).add('egg')
        openCount += 1
        if (openCount === 2) allOpen(undefined)
        await outside
        await stockpile.tally(`farm_${index}`, 'ann').add('egg')
      }),
    )
    await Promise.all(transactions)
    expect(await outside).toEqual([1n, 0n])
    expect(await stockpile.tally('farm_7', 'ann').get('egg')).toBe(1n)
  },
)

test.each(servers)(
  'on $name, everybody who waits for a connection is told at once that the server is out of reach',
  async (kind) => {
    await using database = await createDatabase(kind.url())
    const { hostname: host, port } = new URL(database.url)
    const proxy = await startFaultProxy({ host, port: Number(port) })
    const url = proxy.through(database.url)
    await proxy.stop()
    const storage = kind.storage(url, { connectionsMax: 2 })
    const reads = Array.from({ length: 20 }, () =>
      storage.fetch([{ app: 'farm', user: 'ann', items: null, hasSerials: false }]),
    )
    const answers = await Promise.allSettled(reads)
    const codes = answers.map((answer) =>
      answer.status === 'rejected' ? (answer.reason as { code: string }).code : '',
    )
    expect(new Set(codes)).toEqual(new Set(['CONNECTION_LOST']))
    await storage.close()
  },
)

test.each(servers)(
  'on $name, connections are no more than connectionsMax, of which two are not for transactions; who waits too long for one is told',
  async ({ openLab }) => {
    await using lab = await openLab({ connectionsMax: 4, lockWaitMs: 300 })
    const first = await lab.storage.begin()
    const second = await lab.storage.begin()
    await expect(lab.storage.begin()).rejects.toMatchObject({ code: 'LOCK_TIMEOUT', data: { connectionsMax: 4 } })
    const third = lab.storage.begin()
    await second.rollback()
    await (await third).rollback()
    await first.rollback()
  },
)
