import assert from 'node:assert/strict'
import { CacheUnavailableError, ConflictError, NotEnoughError } from '../../src/errors.ts'
import type { SettledOutcome } from '../../src/ledger/ledger.ts'
import type { Stockpile } from '../../src/stockpile.ts'
import type { Change } from '../../src/model/change.ts'
import type { Executor } from '../../src/storage/contract.ts'
import type { Checker } from './checker.ts'
import type { Life } from './life.ts'
import type { NamedStorage } from './named-storage.ts'
import type { Operation, Part } from './plan.ts'

/** The app that everything belongs to. */
export const app = 'farm'

// Conflicts are waited for in real time, and meanwhile much of the time of this world may pass.
const timeoutMs = 2 ** 31 - 1

/** A process, and what watches it. */
export interface Process {
  readonly life: Life
  readonly stockpile: Stockpile
  readonly storage: NamedStorage
  readonly checker: Checker
  /** A number that nobody had before. */
  readonly next: () => number
}

/** What the work of a transaction throws to have it rolled back. */
class Undone extends Error {}

type Transaction = Extract<Operation, { does: 'transaction' | 'join' }>

/** Does what a client does; what may be refused may be refused. */
export async function operate(process: Process, operation: Operation): Promise<void> {
  await process.life.here('began')
  try {
    await dispatch(process, operation)
  } catch (error) {
    const isExpected =
      error instanceof Undone ||
      error instanceof NotEnoughError ||
      error instanceof CacheUnavailableError ||
      error instanceof ConflictError
    if (!isExpected) throw error
  } finally {
    process.life.settleDown()
  }
  await process.life.here('ack')
}

async function dispatch(process: Process, operation: Operation): Promise<void> {
  switch (operation.does) {
    case 'read':
      await Promise.all(operation.users.map((user) => read(process, user, operation.item, operation.isRefresh)))
      return
    case 'write':
      acknowledge(process, await write(process, operation.users, operation.kind))
      return
    case 'refused':
      await refused(process, operation.users)
      return
    case 'transaction':
      await transaction(process, operation)
      return
    case 'join':
      await join(process, operation)
      return
    case 'bulk':
      await bulk(process, operation.users)
      return
    case 'edit':
      for (const user of operation.users) await process.storage.edit(app, user, 'left', BigInt(process.next()))
      return
    case 'relay':
      await process.stockpile.relay()
  }
}

/** Reads through the cache, and has the answer judged. */
export async function read(
  { stockpile, checker }: Process,
  user: string,
  item: string | null = null,
  isRefresh = false,
): Promise<void> {
  const account = { app, user }
  const items = item === null ? null : [item]
  const floor = checker.floor(account)
  const source = isRefresh ? 'refresh' : 'cache'
  const answer = await stockpile.ledger.fetch({ ...account, items, hasSerials: true }, false, source)
  checker.answered(account, floor, answer, items)
}

/** Writes something that nobody wrote before; inside a transaction as a part of it. */
export async function write(
  { stockpile, next }: Process,
  users: readonly string[],
  kind: 'tally' | 'serial',
): Promise<SettledOutcome[]> {
  const mark = next()
  const changes = users.flatMap((user): Change[] => {
    const { plan } = stockpile.tally(app, user)
    if (kind === 'tally') return [plan.set('left', mark), plan.set('right', mark % 3)]
    const inventory = stockpile.serial(app, user)
    const quantity = inventory.quantity([[BigInt(10 * mark) + BigInt(user), { mark }]])
    return [inventory.plan.set('sword', quantity)]
  })
  return stockpile.ledger.settle({ changes })
}

function acknowledge({ checker }: Process, outcomes: readonly SettledOutcome[]): void {
  for (const { user, version } of outcomes) checker.acknowledged({ app, user }, version)
}

async function refused({ stockpile }: Process, users: readonly string[]): Promise<void> {
  const changes = users.flatMap((user) => {
    const { plan } = stockpile.tally(app, user)
    return [plan.add('left', 1), plan.subtract('right', 1_000_000_000)]
  })
  await assert.rejects(stockpile.ledger.settle({ changes }), NotEnoughError)
}

async function transaction(process: Process, { users, parts, isUndone }: Transaction): Promise<void> {
  const work = async (): Promise<SettledOutcome[]> => {
    const done = await inside(process, users, parts)
    if (isUndone) throw new Undone()
    return done
  }
  const outcomes = await process.stockpile.transaction(work, { timeoutMs })
  acknowledge(process, outcomes)
}

/** A part of the application's own transaction, which it commits, or not, by itself. */
async function join(process: Process, { users, parts, isUndone }: Transaction): Promise<void> {
  const { storage, stockpile } = process
  const own = await storage.open()
  try {
    const executor = { transaction: own } as unknown as Executor
    const joined = await stockpile.ledger.join(own, executor, () => inside(process, users, parts))
    if (isUndone) {
      own.rollback()
      await joined.rolledBack()
      return
    }
    await storage.commit(own)
    acknowledge(process, joined.result)
    await joined.committed()
  } catch (error) {
    own.rollback()
    throw error
  }
}

/** Does the parts of a transaction; what it has written, it sees. */
async function inside(process: Process, users: readonly string[], parts: readonly Part[]): Promise<SettledOutcome[]> {
  const done: SettledOutcome[] = []
  for (const part of parts) {
    if (part === 'write') done.push(...(await write(process, users, 'tally')))
    else if (part === 'read') await readOwn(process, users, done)
    else {
      const nested = process.stockpile.transaction(async () => {
        const some = await write(process, users, 'tally')
        if (part === 'undone savepoint') throw new Undone()
        return some
      })
      done.push(...(await nested.catch(ifUndone)))
    }
  }
  return done
}

async function readOwn(
  { stockpile }: Process,
  users: readonly string[],
  done: readonly SettledOutcome[],
): Promise<void> {
  for (const user of users) {
    const last = done.findLast((outcome) => outcome.user === user && outcome.item === 'left')
    const held = await stockpile.tally(app, user).get('left')
    if (last !== undefined) assert.equal(held, last.quantity, 'a transaction sees what it wrote')
  }
}

async function bulk({ stockpile, checker, next }: Process, users: readonly string[]): Promise<void> {
  const mark = next()
  const versions = await stockpile.bulk(app, async (sql) => {
    const changed: { user: string; version: bigint }[] = []
    for (const user of users) {
      const { rows } = await sql('add', [user, 'left', mark])
      changed.push({ user, ...(rows[0] as { version: bigint }) })
    }
    return changed
  })
  for (const { user, version } of versions) checker.acknowledged({ app, user }, version)
}

function ifUndone(error: unknown): SettledOutcome[] {
  if (error instanceof Undone) return []
  throw error
}
