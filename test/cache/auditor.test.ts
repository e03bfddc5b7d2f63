import SqliteDatabase from 'better-sqlite3'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryCache, Stockpile, type AuditOptions, type StaleRead, type StockpileOptions } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await makeTempFolder('auditor')
})

afterEach(() => removeTempFolder(folder))

/** A Stockpile whose relay works only when it is asked to, so that a change by hand stays unnoticed. */
function open(audit: AuditOptions, more: Partial<StockpileOptions> = {}): Stockpile {
  return new Stockpile({ storage: sqlite(`${folder}/farm.db`), cache: memoryCache({ relayMs: 0 }), audit, ...more })
}

/** Doubles what everybody has, by hand. */
function double(): void {
  const database = new SqliteDatabase(`${folder}/farm.db`)
  database.exec('UPDATE farm_stockpile_holding SET quantity = quantity * 2')
  database.close()
}

test('a stale read is proven, with what was done in the cache before it, and the read is answered all the same', async () => {
  const proofs: StaleRead[] = []
  const published: unknown[] = []
  const logged: unknown[] = []
  const listen = (proof: unknown): void => void published.push(proof)
  const ignore = (): void => undefined
  const error = (_message: string, facts: unknown): void => void logged.push(facts)
  subscribe('stockpile:stale-read', listen)
  try {
    const onStaleRead = (proof: StaleRead): never => {
      proofs.push(proof)
      throw new Error('a fault of whoever listens')
    }
    const logger = { debug: ignore, info: ignore, warn: ignore, error }
    await using stockpile = open({ share: 1, onStaleRead }, { logger })
    const inventory = stockpile.tally('farm', 'ann')
    await inventory.add('wheat', 5)
    expect(await inventory.get('wheat')).toBe(5n)
    expect(await inventory.get('wheat')).toBe(5n)
    expect(proofs).toEqual([])
    double()
    expect(await inventory.get('wheat')).toBe(5n)
    expect(proofs).toHaveLength(1)
    expect(proofs[0]).toMatchObject({ app: 'farm', user: 'ann', version: 2n, answered: 1n })
    const trail = ['intend: acknowledged', 'find: leased', 'store: stored', 'find: value', 'find: value']
    expect(proofs[0]?.trail.map(({ what }) => what).filter((what) => what !== 'release')).toEqual(trail)
    expect([published, logged]).toEqual([proofs, proofs])
    await stockpile.relay()
    expect(await inventory.get('wheat')).toBe(10n)
    expect(proofs).toHaveLength(1)
  } finally {
    unsubscribe('stockpile:stale-read', listen)
  }
})

test('there is no false alarm, whatever many writers do meanwhile', async () => {
  const proofs: StaleRead[] = []
  await using stockpile = open({ share: 1, onStaleRead: (proof) => void proofs.push(proof) })
  const inventory = stockpile.tally('farm', 'ann')
  for (let round = 0; round < 50; round += 1) {
    await inventory.get('wheat')
    await Promise.all([inventory.add('wheat'), inventory.get('wheat'), inventory.add('rye'), inventory.all()])
  }
  expect(await inventory.get('wheat')).toBe(50n)
  expect(proofs).toEqual([])
  expect(stockpile.cacheStatistics?.hits).toBeGreaterThan(0)
})

test('only the share that was asked for costs a read of the database', async () => {
  const proofs: StaleRead[] = []
  await using stockpile = open({ share: Number.MIN_VALUE, onStaleRead: (proof) => void proofs.push(proof) })
  const inventory = stockpile.tally('farm', 'ann')
  await inventory.add('wheat', 5)
  await inventory.get('wheat')
  double()
  for (let time = 0; time < 20; time += 1) expect(await inventory.get('wheat')).toBe(5n)
  expect(proofs).toEqual([])
})
