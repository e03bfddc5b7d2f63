import type { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { postgres } from '../../src/storage/postgres/index.ts'
import { accounts, change, deal, settle, writes } from '../storage/farm.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab, openPool } from './open-lab.ts'

interface Prepared {
  readonly name: string
  readonly parameters: number
}

/** Makes every statement on the app's own tables be planned, on the one connection of a pool. */
async function planAll({ probe }: Lab, pool: Pool): Promise<void> {
  const storage = postgres(pool)
  for (const verb of ['add', 'add', 'set'] as const) {
    await settle(storage, [
      deal([change(verb, 'u', 'egg', verb === 'set' ? 0n : 1n)], { key: `${verb} ${Math.random()}` }),
    ])
  }
  const named = { app: 'farm', user: 'u', items: ['egg'], hasSerials: false }
  const queries = [named, { ...named, items: null }]
  await storage.fetch([...queries, ...queries.map((query) => ({ ...query, hasSerials: true }))])
  const page = { app: 'farm', user: 'u', item: null, deal: null, since: null, until: null, before: null, limit: 9 }
  await storage.entries(page)
  for (const table of ['farm_stockpile_account', 'stockpile_meta']) {
    await probe.query('BEGIN')
    await probe.query(`SELECT FROM ${table} FOR UPDATE`)
    await storage.fetchWhole([{ app: 'farm', user: 'u' }])
    await probe.query('ROLLBACK')
  }
  await storage.sweep({ receiptsBefore: 0, commitsBefore: 0, rowsMax: 1 })
  const session = await storage.begin()
  await session.load(accounts('nobody'), 'wait')
  await session.load(accounts('nobody'), 'skip')
  const serials = { user: 'u', item: 'egg', hasSerials: true }
  await session.load({ apps: [{ app: 'farm', users: [], holdings: [serials], serials: [1n] }], keys: [] }, 'wait')
  await session.save(writes({ serialsGone: [{ app: 'farm', user: 'u', item: 'egg', serial: 1n, properties: '{}' }] }))
  await session.rollback()
  const snapshot = await storage.snapshot()
  await snapshot.accounts('farm', '', 1)
  await snapshot.holdings('farm', '', null)
  await snapshot.serials('farm', '', null)
  await snapshot.history('farm', { user: '', version: 0n, line: 0 }, null, 1)
  await snapshot.end()
  await storage.close()
}

/** The plans that the statements of a connection are executed by, as it keeps them. */
async function keptPlans(pool: Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<Prepared>(
    `SELECT name, cardinality(parameter_types) AS parameters FROM pg_prepared_statements
      WHERE statement ~ 'stockpile_' AND NOT statement ~ '^INSERT' ORDER BY name`,
  )
  const client = await pool.connect()
  const plans = new Map<string, string>()
  await client.query("SET plan_cache_mode = 'force_generic_plan'")
  for (const { name, parameters } of rows) {
    const values = parameters === 0 ? '' : `(${Array.from({ length: parameters }, () => 'NULL').join(', ')})`
    const { rows: lines } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE "${name}"${values}`)
    plans.set(name, lines.map((line) => line['QUERY PLAN']).join('\n'))
  }
  client.release()
  return plans
}

/** Statements whose plan reads more than the keys or ranges that it was asked for. */
function unbounded(plans: ReadonlyMap<string, string>): string[] {
  return [...plans].flatMap(([name, plan]) => {
    const scans = plan.match(/(?:Index|Bitmap Index)(?: Only)? Scan .*/g)?.length ?? 0
    const conditions = plan.match(/Index Cond:/g)?.length ?? 0
    const isBounded = scans > 0 && scans === conditions && !/Seq Scan on (?!w)|Hash|Merge/.test(plan)
    return isBounded ? [] : [`${name}: ${plan}`]
  })
}

const tables = [
  'farm_stockpile_account',
  'farm_stockpile_holding',
  'farm_stockpile_serial',
  'farm_stockpile_history',
  'stockpile_receipt',
]

describe('every statement finds its rows by an index', () => {
  it('whose plan was made while the tables were empty and never analyzed', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { max: 1 })
    await planAll(lab, pool)
    const plans = await keptPlans(pool)
    expect(plans.size).toBe(25)
    expect(unbounded(plans)).toEqual([])
    await pool.end()
  })

  it.each([0, 1, 2])('whose plan was made when the tables were analyzed with %d rows', async (count) => {
    await using lab = await openLab()
    for (let user = 0; user < count; user += 1) {
      await settle(lab.storage, [deal([change('add', `u${user}`, 'egg', 1n)], { key: `key ${user}` })])
    }
    for (let serial = 0; serial < count; serial += 1) {
      await lab.probe.query(`INSERT INTO farm_stockpile_serial VALUES ('u0', 'egg', ${serial}, '{}')`)
    }
    for (const table of tables) await lab.probe.query(`VACUUM ANALYZE ${table}`)
    const pool = openPool(lab.url, { max: 1 })
    await planAll(lab, pool)
    expect(unbounded(await keptPlans(pool))).toEqual([])
    await pool.end()
  })

  it('whose plan was made when the tables were large', async () => {
    await using lab = await openLab()
    await lab.probe.query('INSERT INTO farm_stockpile_account SELECT g::text, 1, 0 FROM generate_series(1, 20000) AS g')
    await lab.probe.query(
      `INSERT INTO farm_stockpile_holding SELECT g::text, i::text, 1, 0, NULL
        FROM generate_series(1, 20000) AS g, generate_series(1, 3) AS i`,
    )
    for (const table of tables) await lab.probe.query(`VACUUM ANALYZE ${table}`)
    const pool = openPool(lab.url, { max: 1 })
    await planAll(lab, pool)
    expect(unbounded(await keptPlans(pool))).toEqual([])
    await pool.end()
  })
})
