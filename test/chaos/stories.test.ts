import { describe, expect, test } from 'vitest'
import type { Hand } from '../../src/cli/prove/by-hand.ts'
import { VersionConflictError } from '../../src/index.ts'
import { openStoryLab, type Somebody, type StoryLab } from './story-lab.ts'

// Three stories that were told by people to whom they happened. Each is played with the code that they had, to see it go wrong, and then
// with ours: the same steps in the same order, on a real database and a real cache.

const servers = [
  ['MariaDB', 'memcached', 'mysqlUrl', 'memcachedUrl'],
  ['MariaDB', 'Redis', 'mysqlUrl', 'redisUrl'],
  ['PostgreSQL', 'memcached', 'postgresUrl', 'memcachedUrl'],
  ['PostgreSQL', 'Redis', 'postgresUrl', 'redisUrl'],
] as const

/** Reads as most code does: from the cache, and from the database into the cache. */
async function readNaively({ cache, name }: StoryLab, hand: Hand): Promise<number> {
  const found = await cache.get(name)
  if (found !== null) return Number(found)
  const quantity = await quantityIn(hand)
  await cache.set(name, String(quantity))
  return quantity
}

/** Makes a table as most applications have one. */
async function makeTable(hand: Hand, quantity: number): Promise<void> {
  await hand.run('CREATE TABLE wheat (user_id INTEGER PRIMARY KEY, quantity INTEGER NOT NULL)')
  await hand.run(`INSERT INTO wheat VALUES (1, ${quantity}), (2, ${quantity})`)
}

async function quantityIn(hand: Hand): Promise<number> {
  const [row] = await hand.run('SELECT quantity FROM wheat WHERE user_id = 1')
  return Number(row?.[0])
}

function update(quantity: number): string {
  return `UPDATE wheat SET quantity = ${quantity} WHERE user_id = 1`
}

function setTo(quantity: number): string {
  return `UPDATE farm_stockpile_holding SET quantity = ${quantity} WHERE user_id = '1' AND item_id = 'wheat'`
}

async function wheatOf({ stockpile, apart }: Somebody, user = 1): Promise<bigint> {
  return apart(() => stockpile.tally('farm', user).get('wheat'))
}

/** Reads until the value is in the cache. */
async function warm(somebody: Somebody): Promise<void> {
  const { hits = 0 } = somebody.stockpile.cacheStatistics ?? {}
  while ((somebody.stockpile.cacheStatistics?.hits ?? 0) === hits) await wheatOf(somebody)
}

describe.each(servers)('on %s with %s', (_database, _cache, server, cache) => {
  describe('a reader comes between the update and the commit', () => {
    test('and has the old number stay in the cache, where the cache is told before the commit', async () => {
      await using lab = await openStoryLab(server, cache, null)
      const [writer, reader] = [await lab.hand(), await lab.hand()]
      await makeTable(writer, 5)
      await writer.run('BEGIN')
      await writer.run(update(3))
      await lab.cache.delete(lab.name)
      expect(await readNaively(lab, reader)).toBe(5)
      await writer.run('COMMIT')
      expect(await quantityIn(reader)).toBe(3)
      expect(await readNaively(lab, reader)).toBe(5)
    })

    test('and with Stockpile the number is the new one from the commit on, wherever in between they read', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const [writer, reader] = [await lab.open(), await lab.open()]
      const commit = writer.barriers.hold('before the commit')
      const written = writer.stockpile.transaction(async () => {
        await writer.stockpile.tally('farm', 1).set('wheat', 3)
        // Before the cache knows of it,
        expect(await wheatOf(reader)).toBe(5n)
      })
      await commit.reached
      // and when it does.
      expect(await wheatOf(reader)).toBe(5n)
      commit.release()
      await written
      expect(await wheatOf(reader)).toBe(3n)
      await warm(reader)
      expect(await wheatOf(reader)).toBe(3n)
    })

    test('and with Stockpile what they read before the commit does not get into the cache after it', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const [writer, reader] = [await lab.open(), await lab.open()]
      const [storing, stored] = [
        reader.barriers.hold('before the value is stored'),
        reader.barriers.hold('after the value was stored'),
      ]
      expect(await wheatOf(reader)).toBe(5n)
      await storing.reached
      await writer.stockpile.tally('farm', 1).set('wheat', 3)
      storing.release()
      await stored.reached
      stored.release()
      expect(await wheatOf(reader)).toBe(3n)
      expect(await wheatOf(writer)).toBe(3n)
    })

    test('and with Stockpile a rollback leaves nothing of it in the cache', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const [writer, reader] = [await lab.open(), await lab.open()]
      await warm(reader)
      const undone = new Error('undone')
      const written = writer.stockpile.transaction(async () => {
        await writer.stockpile.tally('farm', 1).set('wheat', 3)
        expect(await wheatOf(reader)).toBe(5n)
        throw undone
      })
      await expect(written).rejects.toBe(undone)
      expect(await wheatOf(reader)).toBe(5n)
    })
  })

  describe('a nightly job sets a column to zero for everybody', () => {
    test('and is undone by whoever adds to a cached number', async () => {
      await using lab = await openStoryLab(server, cache, null)
      const [app, job] = [await lab.hand(), await lab.hand()]
      await makeTable(app, 500)
      expect(await readNaively(lab, app)).toBe(500)
      await job.run('UPDATE wheat SET quantity = 0')
      const found = await readNaively(lab, app)
      await app.run(update(found + 20))
      await lab.cache.delete(lab.name)
      expect(await quantityIn(job)).toBe(520)
    })

    test('and with bulk() everybody reads zero from its commit on, and what was read before can’t be written back', async () => {
      await using lab = await openStoryLab(server, cache, 500)
      const [app, job] = [await lab.open(), await lab.open()]
      await warm(app)
      expect(await wheatOf(app, 2)).toBe(500n)
      const inventory = app.stockpile.tally('farm', 1)
      const before = await inventory.all()
      await job.stockpile.bulk('farm', async (sql) => {
        await sql("UPDATE farm_stockpile_holding SET quantity = 0 WHERE item_id = 'wheat'")
        // Nobody sees it yet.
        expect(await wheatOf(app)).toBe(500n)
      })
      expect([await wheatOf(app), await wheatOf(app, 2)]).toEqual([0n, 0n])
      const late = inventory.set('wheat', before.get('wheat')! + 20n, { ifVersion: before.version })
      await expect(late).rejects.toThrow(VersionConflictError)
      expect(await inventory.set('wheat', (await wheatOf(app)) + 20n)).toBe(20n)
      expect(await inventory.add('wheat', 20)).toBe(40n)
      expect(await wheatOf(job)).toBe(40n)
      expect((await job.stockpile.verify('farm')).breaks).toEqual([])
    })
  })

  describe('somebody changes a row by hand', () => {
    test('and nobody sees it as long as it is cached', async () => {
      await using lab = await openStoryLab(server, cache, null)
      const [app, somebody] = [await lab.hand(), await lab.hand()]
      await makeTable(app, 5)
      expect(await readNaively(lab, app)).toBe(5)
      await somebody.run(update(3))
      expect(await readNaively(lab, app)).toBe(5)
    })

    test('and with Stockpile everybody sees it once it was relayed, and the books say who it was', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const [app, other] = [await lab.open(), await lab.open()]
      await warm(app)
      const somebody = await lab.hand()
      await somebody.run(setTo(3))
      expect(await other.stockpile.relay()).toBe(1)
      expect([await wheatOf(app), await wheatOf(other)]).toEqual([3n, 3n])
      const [entry] = await app.stockpile.tally('farm', 1).history({ limit: 1 })
      expect(entry).toMatchObject({ item: 'wheat', change: -2n, balance: 3n, data: { changed: 'by hand' } })
      expect((await app.stockpile.verify('farm')).breaks).toEqual([])
    })

    test('and with Stockpile what was read before it does not get into the cache after the relay', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const [app, other] = [await lab.open(), await lab.open()]
      const [storing, stored] = [
        app.barriers.hold('before the value is stored'),
        app.barriers.hold('after the value was stored'),
      ]
      expect(await wheatOf(app)).toBe(5n)
      await storing.reached
      const somebody = await lab.hand()
      await somebody.run(setTo(3))
      // Its cache must be known to the database before there is anything to relay.
      expect(await other.stockpile.relay()).toBe(1)
      storing.release()
      await stored.reached
      stored.release()
      expect([await wheatOf(app), await wheatOf(other)]).toEqual([3n, 3n])
    })

    test('and with Stockpile it is relayed by itself', async () => {
      await using lab = await openStoryLab(server, cache, 5)
      const app = await lab.open({ relayMs: 10 })
      await warm(app)
      const somebody = await lab.hand()
      await somebody.run(setTo(3))
      while ((await wheatOf(app)) !== 3n);
      expect(app.stockpile.cacheStatistics).toMatchObject({ relayed: 1 })
    })
  })
})
