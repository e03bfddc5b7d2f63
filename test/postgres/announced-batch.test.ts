import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import type { Storage } from '../../src/index.ts'
import { change, deal, quantityOf } from '../storage/farm.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab } from './open-lab.ts'

const note = 'a cache of this test'

/** A lab whose database knows of a cache. */
async function openNotedLab(): Promise<Lab> {
  const lab = await openLab()
  await lab.storage.noteCache(null, note)
  return lab
}

/** Settles one deal, with something done while its batch waits for the cache; answers how that was told of the end. */
async function settleWhile(
  { storage }: { readonly storage: Storage },
  amount: bigint,
  announce: () => Promise<[]>,
): Promise<string> {
  const told: string[] = []
  const request = { id: uuidv7(), deals: [deal([change('add', 'ann', 'egg', amount)])], now: Date.now() } as const
  const announcing = {
    note,
    isAtOnce: false,
    mark: 0,
    add: () => undefined,
    restore: () => undefined,
    announce,
    committed: () => told.push('committed'),
    withdraw: () => told.push('withdrawn'),
  }
  await storage.settle({ ...request, wait: 'skip' }, announcing).catch((error: unknown) => {
    told.push(error instanceof Error ? error.message : String(error))
  })
  return told.join(', ')
}

test('what is saved is executed while the batch waits for the cache, and committed only after', async () => {
  await using lab = await openNotedLab()
  const seen: unknown[] = []
  const told = await settleWhile(lab, 2n, async () => {
    // The lock tells that the history is written, which is what is saved last.
    await expect
      .poll(() =>
        lab.probe.query(
          "SELECT count(*) FROM pg_locks WHERE relation = 'farm_stockpile_history'::regclass AND mode = 'RowExclusiveLock'",
        ),
      )
      .toEqual(['1'])
    seen.push(await quantityOf(lab.storage, 'ann', 'egg'))
    return []
  })
  expect([told, seen]).toEqual(['committed', [undefined]])
  expect(await quantityOf(lab.storage, 'ann', 'egg')).toBe(2n)
})

test('a batch that can not be announced leaves nothing, and its connection to the next one', async () => {
  await using lab = await openNotedLab()
  const told = await settleWhile(lab, 2n, () => Promise.reject(new RangeError('the cache is away')))
  expect(told).toBe('withdrawn, the cache is away')
  expect(await quantityOf(lab.storage, 'ann', 'egg')).toBeUndefined()
  expect(await settleWhile(lab, 3n, async () => [])).toBe('committed')
  expect(await quantityOf(lab.storage, 'ann', 'egg')).toBe(3n)
})

test('a batch that the database refuses is not committed, whenever the cache has acknowledged it', async () => {
  await using lab = await openNotedLab()
  await lab.probe.query("ALTER TABLE farm_stockpile_history ADD CONSTRAINT no_eggs CHECK (item_id <> 'egg')")
  expect(await settleWhile(lab, 2n, async () => [])).toMatch(/^withdrawn, .*no_eggs/)
  const isRefused = (): Promise<unknown> =>
    lab.probe.query("SELECT state FROM pg_stat_activity WHERE state LIKE '%(aborted)'")
  const late = await settleWhile(lab, 2n, async () => {
    await expect.poll(isRefused).toEqual(['idle in transaction (aborted)'])
    return []
  })
  expect(late).toMatch(/^withdrawn, .*no_eggs/)
  expect(await quantityOf(lab.storage, 'ann', 'egg')).toBeUndefined()
  await lab.probe.query('ALTER TABLE farm_stockpile_history DROP CONSTRAINT no_eggs')
  expect(await settleWhile(lab, 3n, async () => [])).toBe('committed')
})

test('a connection that is lost while its batch waits for the cache has committed nothing, and says so', async () => {
  await using lab = await openNotedLab()
  const told = await settleWhile(lab, 2n, async () => {
    await lab.probe.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    return []
  })
  expect(told).toMatch(/^withdrawn, .*nothing was written/)
  expect(await quantityOf(lab.storage, 'ann', 'egg')).toBeUndefined()
  expect(await settleWhile(lab, 3n, async () => [])).toBe('committed')
})
