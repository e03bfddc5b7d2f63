import { readFileSync, readdirSync } from 'node:fs'
import { createConnection, type Connection } from 'mariadb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as statements from '../../src/storage/mysql/statements.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab } from './open-lab.ts'

const folder = new URL('../../src/storage/mysql/', import.meta.url)

describe('the statements', () => {
  it('use nothing that MySQL 8 or MariaDB 10.6 lacks', () => {
    const missing = [/\bRETURNING\b/, /\bAS new\b/, /\bSET STATEMENT\b/, /\bNOWAIT\b/, /\bOF [a-z]/, /\bJSON_TABLE\b/]
    const missingToo = [
      /IF NOT EXISTS \w+ ON/,
      /CREATE INDEX/,
      /\bSEQUENCE\b/,
      /\bEXCEPT\b/,
      /\bINTERSECT\b/,
      /WAIT \d/,
    ]
    const templates = readdirSync(folder).flatMap((name) =>
      [...readFileSync(new URL(name, folder), 'utf8').matchAll(/`[^`]*`|'[^'\n]*'/g)].map(([template]) => template),
    )
    expect(templates.length).toBeGreaterThan(100)
    const found = templates.filter((template) => [...missing, ...missingToo].some((pattern) => pattern.test(template)))
    expect(found).toEqual([])
  })
})

describe('the plans', () => {
  let lab: Lab
  let connection: Connection
  beforeAll(async () => {
    lab = await openLab()
    const { hostname, port, pathname } = new URL(lab.url)
    connection = await createConnection({
      host: hostname,
      port: Number(port),
      user: 'root',
      password: 'secret',
      database: pathname.slice(1),
      multipleStatements: true,
    })
    const users = Array.from({ length: 3_000 }, (_, index) => ({ app: 'farm', user: `u${index}` }))
    for (const sql of [
      ...statements.insertAccounts(
        'farm',
        users.map((name) => ({ ...name, version: 1n, changedAt: 1 })),
      ),
      ...statements.insertHoldings(
        'farm',
        users.map((name) => ({ ...name, item: 'egg', quantity: 1n, serials: 0, position: null })),
      ),
      ...statements.insertSerials(
        'farm',
        users.map((name, index) => ({
          ...name,
          item: 'hen',
          serial: BigInt(index + 1),
          properties: '{}',
          version: 1n,
        })),
      ),
    ]) {
      await connection.query(sql)
    }
    await connection.query('ANALYZE TABLE farm_stockpile_account, farm_stockpile_holding, farm_stockpile_serial')
  })
  afterAll(async () => {
    await connection.end()
    await lab[Symbol.asyncDispose]()
  })

  async function tablesOf(sql: string): Promise<{ type: string; key: string | null; Extra: string | null }[]> {
    return connection.query(`EXPLAIN ${sql}`)
  }

  // One name, a few, as many as fit into a list, and more: the optimizer has a plan of its own for each.
  const counts = [1, 2, 3, 128, 400, 401, 2_999]

  it.each(counts)('lock %i accounts by single keys of the primary key, in its order', async (count) => {
    const users = Array.from({ length: count }, (_, index) => `u${index}`).toSorted()
    for (const wait of ['skip', 'wait'] as const) {
      for (const sql of statements.lockAccounts('farm', users, wait)) {
        const [table, ...others] = await tablesOf(sql)
        expect(others).toEqual([])
        expect(table?.key).toBe('PRIMARY')
        expect(['const', 'range']).toContain(table?.type)
        expect(table?.Extra ?? '').not.toMatch(/filesort|temporary/)
      }
    }
  })

  it.each(counts)('read and delete %i holdings by single keys of the primary key', async (count) => {
    const names = Array.from({ length: count }, (_, index) => ({ app: 'farm', user: `u${index}`, item: 'egg' }))
    for (const sql of [...statements.readHoldings('farm', names), ...statements.deleteHoldings('farm', names)]) {
      const [table, ...others] = await tablesOf(sql)
      expect(others).toEqual([])
      expect(table?.key).toBe('PRIMARY')
      expect(['const', 'range']).toContain(table?.type)
    }
  })

  it.each(counts)('find and delete %i serials by single keys of their index', async (count) => {
    const rows = Array.from({ length: count }, (_, index) => ({
      app: 'farm',
      user: `u${index}`,
      item: 'hen',
      serial: BigInt(index + 1),
      properties: '{}',
    }))
    const serials = rows.map(({ serial }) => serial)
    for (const sql of [...statements.findSerials('farm', serials), ...statements.deleteSerials('farm', rows)]) {
      const [table, ...others] = await tablesOf(sql)
      expect(others).toEqual([])
      expect(table?.key).toBe('serial_once')
      expect(['const', 'range']).toContain(table?.type)
    }
  })

  it('find a page of history by a range of the primary key, whatever is asked', async () => {
    const query = { app: 'farm', user: 'u1', item: null, deal: null, since: null, until: null, limit: 10 }
    for (const before of [null, { version: 5n, line: 2 }]) {
      const [table] = await tablesOf(statements.readEntries({ ...query, before }))
      expect(table?.key).toBe('PRIMARY')
      expect(table?.Extra ?? '').not.toMatch(/filesort|temporary/)
    }
  })

  it('sweep by the index on time', async () => {
    const [table] = await tablesOf(statements.sweepOlder('stockpile_receipt', 5, 10))
    expect(table?.key).toBe('oldest')
  })
})
