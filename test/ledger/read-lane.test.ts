import { expect, test } from 'vitest'
import { ConflictError, ConnectionLostError, DatabaseError } from '../../src/errors.ts'
import { ReadLane } from '../../src/ledger/read-lane.ts'
import type { HoldingAnswer, HoldingQuery } from '../../src/storage/contract.ts'

function query(user: string): HoldingQuery {
  return { app: 'farm', user, items: null, hasSerials: false }
}

function answer({ user }: HoldingQuery): HoldingAnswer {
  return {
    version: BigInt(user.length),
    holdings: [{ app: 'farm', user, item: 'wheat', quantity: 1n, serials: 0, position: null }],
    serials: [],
  }
}

test('reads of the same turn are one query, and each gets its own answer', async () => {
  const asked: number[] = []
  const lane = new ReadLane(async (queries) => {
    asked.push(queries.length)
    return queries.map(answer)
  })
  const answers = await Promise.all(['a', 'bb', 'ccc'].map((user) => lane.read(query(user))))
  expect(answers.map(({ version, holdings }) => [version, holdings[0]?.user])).toEqual([
    [1n, 'a'],
    [2n, 'bb'],
    [3n, 'ccc'],
  ])
  expect(asked).toEqual([3])
})

test('a read that begins later is never answered by a query that began before it (I7)', async () => {
  let moment = 0n
  const lane = new ReadLane(async (queries) => {
    const seen = moment
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    return queries.map(() => ({ version: seen, holdings: [], serials: [] }))
  })
  const reads = []
  for (let turn = 0; turn < 20; turn += 1) {
    moment += 1n
    const least = moment
    reads.push(lane.read(query('a')).then(({ version }) => expect(version).toBeGreaterThanOrEqual(least)))
    await new Promise(setImmediate)
  }
  await Promise.all(reads)
})

test('at most four queries are under way, and the reads that come meanwhile share the next', async () => {
  let inFlight = 0
  let inFlightMax = 0
  const asked: number[] = []
  const lane = new ReadLane(async (queries) => {
    inFlight += 1
    inFlightMax = Math.max(inFlightMax, inFlight)
    asked.push(queries.length)
    for (let turn = 0; turn < 30; turn += 1) await new Promise(setImmediate)
    inFlight -= 1
    return queries.map(answer)
  })
  const reads = []
  for (let turn = 0; turn < 12; turn += 1) {
    reads.push(lane.read(query('a')))
    await new Promise(setImmediate)
  }
  await Promise.all(reads)
  expect(inFlightMax).toBe(4)
  expect(asked.length).toBeLessThan(12)
})

test('reads are tried again after faults that pass, and nobody hears of them', async () => {
  const faults = [new ConflictError('deadlock'), new ConnectionLostError('gone')]
  const lane = new ReadLane(async (queries) => {
    const fault = faults.shift()
    if (fault !== undefined) throw fault
    return queries.map(answer)
  })
  expect((await lane.read(query('a'))).version).toBe(1n)
  expect(faults).toEqual([])
})

test('a read that the database refuses gets the error alone', async () => {
  const lane = new ReadLane(async (queries) => {
    if (queries.some(({ user }) => user === 'bad')) throw new DatabaseError('no')
    return queries.map(answer)
  })
  const answers = await Promise.allSettled(['a', 'bad', 'ccc'].map((user) => lane.read(query(user))))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await expect(lane.read(query('bad'))).rejects.toThrow(DatabaseError)
})

test('reads give up after some tries', async () => {
  let tries = 0
  const lane = new ReadLane(async () => {
    tries += 1
    throw new ConnectionLostError('gone')
  })
  await expect(lane.read(query('a'))).rejects.toThrow(ConnectionLostError)
  expect(tries).toBe(4)
})

test('more reads than fit one query make several', async () => {
  const asked: number[] = []
  const lane = new ReadLane(async (queries) => {
    asked.push(queries.length)
    return queries.map(answer)
  })
  await Promise.all(Array.from({ length: 1_100 }, (_read, index) => lane.read(query(`${index}`))))
  expect(asked).toEqual([512, 512, 76])
})
