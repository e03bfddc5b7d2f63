import { expect, test } from 'vitest'
import { Stockpile, type Storage } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { memoryCache } from '../../src/cache/memory/index.ts'
import { openSqliteLab } from '../regressions/sqlite-lab.ts'

type Announcing = NonNullable<Parameters<Storage['settle']>[1]>

/** Hands on what a Stockpile says to a storage, with something put around what announces its writes. */
function around(storage: Storage, wrap: (announcing: Announcing) => Announcing): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      if (name === 'settle') {
        return (request: Parameters<Storage['settle']>[0], announcing: Announcing | null = null) =>
          target.settle(request, announcing === null ? null : wrap(announcing))
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** The same, with one method exchanged. */
function withAnnounce(announcing: Announcing, announce: Announcing['announce'], withdrawn: () => void): Announcing {
  return {
    note: announcing.note,
    isAtOnce: announcing.isAtOnce,
    add: (writes) => {
      announcing.add(writes)
    },
    get mark() {
      return announcing.mark
    },
    restore: (mark) => {
      announcing.restore(mark)
    },
    announce,
    committed: () => {
      announcing.committed()
    },
    withdraw: () => {
      withdrawn()
      announcing.withdraw()
    },
  }
}

test('a batch that can not be announced is rolled back, and the next one finds the file free', async () => {
  await using lab = await openSqliteLab()
  let isAway = false
  let withdrawals = 0
  const storage = around(sqlite(lab.path), (announcing) =>
    withAnnounce(
      announcing,
      async () => {
        if (isAway) throw new RangeError('the cache is away')
        return announcing.announce()
      },
      () => {
        withdrawals += 1
      },
    ),
  )
  await using stockpile = new Stockpile({ storage, cache: memoryCache() })
  const ann = stockpile.tally('farm', 'ann')
  expect(await ann.add('egg', 2)).toBe(2n)
  isAway = true
  await expect(ann.add('egg', 3)).rejects.toThrow('the cache is away')
  isAway = false
  expect(withdrawals).toBe(1)
  expect(await ann.get('egg')).toBe(2n)
  expect(await ann.add('egg', 1)).toBe(3n)
  expect(await ann.get('egg')).toBe(3n)
  expect((await stockpile.verify('farm')).breaks).toEqual([])
})

test('what is announced is committed only when it is acknowledged', async () => {
  await using lab = await openSqliteLab()
  const outside = sqlite(lab.path)
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<undefined>()
  const { promise: isAcknowledged, resolve: acknowledge } = Promise.withResolvers<undefined>()
  const storage = around(sqlite(lab.path), (announcing) =>
    withAnnounce(
      announcing,
      async () => {
        ask(undefined)
        await isAcknowledged
        return announcing.announce()
      },
      () => undefined,
    ),
  )
  await using stockpile = new Stockpile({ storage, cache: memoryCache() })
  await stockpile.migrate(['farm'])
  const work = stockpile.tally('farm', 'ann').add('egg', 2)
  await isAsked
  const query = { app: 'farm', user: 'ann', items: null, hasSerials: false }
  for (let read = 0; read < 5; read += 1) expect((await outside.fetch([query]))[0]?.version).toBe(0n)
  acknowledge(undefined)
  expect(await work).toBe(2n)
  expect((await outside.fetch([query]))[0]?.version).toBe(1n)
  await outside.close()
})

test('while a batch waits for its acknowledgement, the next one waits for it, and both are done in the end', async () => {
  await using lab = await openSqliteLab()
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<undefined>()
  const { promise: isAcknowledged, resolve: acknowledge } = Promise.withResolvers<undefined>()
  let announcements = 0
  const storage = around(sqlite(lab.path), (announcing) =>
    withAnnounce(
      announcing,
      async () => {
        announcements += 1
        if (announcements === 2) {
          ask(undefined)
          await isAcknowledged
        }
        return announcing.announce()
      },
      () => undefined,
    ),
  )
  await using stockpile = new Stockpile({ storage, cache: memoryCache() })
  await stockpile.tally('farm', 'ann').add('egg', 1)
  // So many that they make two batches.
  const users = Array.from({ length: 200 }, (_, number) => stockpile.tally('farm', `user ${number}`))
  const work = Promise.all(users.map((user) => user.add('egg', 2)))
  await isAsked
  // The file is taken until then, however long that is.
  await expect(stockpile.tally('farm', 'ann').get('egg')).resolves.toBe(1n)
  expect(announcements).toBe(2)
  acknowledge(undefined)
  expect(await work).toEqual(users.map(() => 2n))
  expect(announcements).toBe(3)
  expect(await Promise.all(users.map((user) => user.get('egg')))).toEqual(users.map(() => 2n))
  expect((await stockpile.verify('farm')).breaks).toEqual([])
})
