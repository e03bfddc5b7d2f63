import assert from 'node:assert/strict'
import { SchemaTooNewError, TablesMissingError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { refusal } from './refusal.ts'

const alone = {
  transaction: 'tables are not made inside a transaction',
  crowd: 'it works on a database of its own',
} as const

/** How tables come to be. */
export const migrations: Suite = {
  name: 'migrations',
  behaviours: [
    {
      title: 'migrate makes the tables of an app once, and says what it did',
      notIn: alone,
      run: async (context) => {
        const { stockpile } = await context.elsewhere()
        const done = await stockpile.migrate(['farm', 'mill'])
        assert.deepEqual([...new Set(done.map(({ name }) => name))], ['shared', 'farm', 'mill'])
        for (const { name, version, title } of done) assert.ok(version >= 1 && title !== '', name)
        assert.deepEqual(await stockpile.migrate(['farm', 'mill']), [])
        assert.deepEqual(await stockpile.migrate(), [])
        assert.deepEqual([...new Set((await stockpile.migrate(['bakery'])).map(({ name }) => name))], ['bakery'])
        assert.equal(await stockpile.tally('farm', 1).add('wheat'), 1n)
      },
    },
    {
      title: 'Stockpiles that migrate at once make each table once, and both can work',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        const all = [elsewhere.stockpile, elsewhere.another(), elsewhere.another(), elsewhere.another()]
        const done = await Promise.all(all.map((each) => each.migrate(['farm', 'mill'])))
        const names = done.flat().map(({ name, version }) => `${name} ${version}`)
        assert.equal(new Set(names).size, names.length, names.join())
        for (const each of all) await each.tally('farm', 1).add('wheat')
        assert.equal(await elsewhere.tally(1).get('wheat'), 4n)
      },
    },
    {
      title: 'tables: auto makes them at first use, whatever comes first, by many at once too',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        const others = [elsewhere.stockpile, elsewhere.another()]
        const work = others.flatMap((stockpile) => [
          stockpile.tally('farm', 'ann').add('wheat'),
          stockpile.tally('mill', 'ann').get('wheat'),
          stockpile.tally('bakery', 'ann').all(),
          stockpile.tally('shop', 'ann').history(),
          stockpile.verify('inn'),
          stockpile.tally('farm', 'bob').add('wheat'),
        ])
        await Promise.all(work)
        assert.equal(await elsewhere.tally('ann', 'farm').get('wheat'), 2n)
      },
    },
    {
      title: 'tables: migrate refuses an app without tables, and names the command that makes them',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        const stockpile = elsewhere.another({ tables: 'migrate' })
        const inventory = stockpile.tally('farm', 'ann')
        for (const call of [
          () => inventory.add('wheat'),
          () => inventory.get('wheat'),
          () => inventory.history(),
          () => stockpile.deal([inventory.plan.add('wheat')]),
          () => stockpile.verify('farm'),
          () => stockpile.transaction(() => inventory.add('wheat')),
          () => stockpile.transaction(() => inventory.get('wheat')),
        ]) {
          const error = await refusal(TablesMissingError, call)
          assert.equal(error.app, 'farm')
          assert.match(error.message, /^app farm has no tables in .*npx stockpile migrate farm/)
          assert.ok(!error.message.includes('@'), 'no password is shown')
        }
        await stockpile.migrate(['farm'])
        assert.equal(await inventory.add('wheat'), 1n)
        await refusal(TablesMissingError, () =>
          stockpile.transaction(async () => {
            await inventory.add('wheat')
            await stockpile.tally('mill', 'ann').add('flour')
          }),
        )
        assert.equal(await inventory.get('wheat'), 1n)
      },
    },
    {
      title: 'an app that another Stockpile has migrated can be used at once',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        const stockpile = elsewhere.another({ tables: 'migrate' })
        await refusal(TablesMissingError, () => stockpile.tally('farm', 'ann').get('wheat'))
        await elsewhere.stockpile.migrate(['farm'])
        assert.equal(await stockpile.tally('farm', 'ann').add('wheat'), 1n)
      },
    },
    {
      title: 'a transaction may come upon an app without tables half-way, and happens once',
      notIn: alone,
      run: async (context) => {
        const { stockpile } = await context.elsewhere()
        await stockpile.transaction(async () => {
          await stockpile.tally('farm', 'ann').add('wheat')
          await stockpile.tally('mill', 'ann').add('flour')
          assert.equal(await stockpile.tally('bakery', 'ann').get('bread'), 0n)
          await stockpile.transaction(() => stockpile.tally('shop', 'ann').add('cake'))
        })
        for (const [app, item] of [
          ['farm', 'wheat'],
          ['mill', 'flour'],
          ['shop', 'cake'],
        ] as const) {
          assert.equal(await stockpile.tally(app, 'ann').get(item), 1n)
          assert.equal((await stockpile.tally(app, 'ann').all()).version, 1n)
        }
      },
    },
    {
      title: 'tables of a later Stockpile are refused, by every call, and left as they are',
      notIn: alone,
      run: async (context) => {
        for (const name of ['app:farm', 'shared']) {
          const elsewhere = await context.elsewhere()
          await elsewhere.stockpile.migrate(['farm', 'mill_2'])
          await elsewhere.tally().add('wheat')
          await elsewhere.database.sql(`UPDATE stockpile_meta SET value = '99' WHERE name = 'schema:${name}'`)
          const before = await elsewhere.dump()
          for (const tables of ['auto', 'migrate'] as const) {
            const stockpile = elsewhere.another({ tables })
            for (const call of [
              () => stockpile.tally('farm', 'ann').get('wheat'),
              () => stockpile.tally('farm', 'ann').add('wheat'),
              () => stockpile.transaction(() => stockpile.tally('farm', 'ann').add('wheat')),
              () => stockpile.migrate(),
              () => stockpile.migrate(['brand_new']),
              () => stockpile.verify('farm'),
            ]) {
              const error = await refusal(SchemaTooNewError, call)
              assert.equal(error.data['found'], 99)
              assert.match(
                error.message,
                /are at schema version 99, and this Stockpile knows versions up to \d+: install/,
              )
            }
          }
          assert.deepEqual(await elsewhere.dump(), before)
        }
      },
    },
    {
      title: 'an app of a later Stockpile does not keep the others from being used',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        await elsewhere.stockpile.migrate(['farm', 'mill'])
        await elsewhere.database.sql("UPDATE stockpile_meta SET value = '99' WHERE name = 'schema:app:farm'")
        assert.equal(await elsewhere.another().tally('mill', 'ann').add('flour'), 1n)
      },
    },
    {
      title: 'migrating again keeps what is stored, and the identity of the database',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        await elsewhere.stockpile.migrate(['farm', 'mill_2'])
        await elsewhere.tally().add('wheat', 5, { key: 'k' })
        const meta = await elsewhere.database.sql('SELECT * FROM stockpile_meta ORDER BY 1')
        const before = await elsewhere.dump()
        await elsewhere.another().migrate(['farm', 'mill_2'])
        assert.deepEqual(await elsewhere.dump(), before)
        assert.deepEqual(await elsewhere.database.sql('SELECT * FROM stockpile_meta ORDER BY 1'), meta)
      },
    },
    {
      title: 'migrate waits for nobody who only reads, and runs beside deals on other apps',
      notIn: alone,
      run: async (context) => {
        const elsewhere = await context.elsewhere()
        await elsewhere.stockpile.migrate(['farm'])
        const [done] = await Promise.all([
          elsewhere.another().migrate(['mill', 'bakery']),
          ...Array.from({ length: 20 }, () => elsewhere.tally('ann', 'farm').add('wheat')),
          ...Array.from({ length: 20 }, () => elsewhere.tally('ann', 'farm').get('wheat')),
        ])
        assert.deepEqual([...new Set(done.map(({ name }) => name))], ['bakery', 'mill'])
        assert.equal(await elsewhere.tally('ann', 'farm').get('wheat'), 20n)
      },
    },
  ],
}
