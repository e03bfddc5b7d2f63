import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  LockTimeoutError,
  OutcomeUnknownError,
  QueueFullError,
} from '../../src/errors.ts'
import { Lane, type LaneSettings } from '../../src/ledger/lane.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'
import { noSerials, runs } from './arbitrary-deals.ts'
import { HeldRows } from './held-rows.ts'

const settings: LaneSettings = {
  dealsMax: 100,
  bytesMax: 1_000_000,
  queueMax: 1_000,
  whenFull: 'refuse',
  inFlightMax: 2,
  secondMin: 4,
  retriesMax: 3,
  detoursMax: 2,
  firstWait: 'skip',
}

let count = 0

function deal(...users: readonly string[]): PreparedDeal {
  const changes = users.map((user) =>
    toChange('change', { verb: 'add', kind: 'tally', app: 'farm', user, item: 'wheat', amount: 1n }),
  )
  count += 1
  return { ...prepareDeal(`deal ${count}`, { changes }, noSerials), bytes: 100 }
}

/** The same deal, with a serial named by each of its changes. */
function withSerial(plain: PreparedDeal): PreparedDeal {
  const changes = plain.changes.map((change) => ({ ...change, serials: [{ serial: 7n, properties: '{}' }] }))
  return { ...plain, changes }
}

function open(changed: Partial<LaneSettings> = {}): { held: HeldRows; lane: Lane } {
  const held = new HeldRows()
  return { held, lane: new Lane(held.settle, { ...settings, ...changed }) }
}

/** Lets everything happen that needs nobody else. */
async function settleDown(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
}

test('deals of the same turn make one batch, in their order', async () => {
  const { held, lane } = open()
  const deals = [deal('a'), deal('b'), deal('a')]
  await Promise.all(deals.map((each) => lane.submit(each)))
  expect(held.calls).toEqual([{ ids: deals.map(({ id }) => id), wait: 'skip' }])
})

test('one batch is in flight at a time, and what comes meanwhile makes the next', async () => {
  const { held, lane } = open()
  const first = lane.submit(deal('a'))
  await new Promise(setImmediate)
  const later = [lane.submit(deal('b')), lane.submit(deal('c'))]
  expect(held.inFlightCount).toBe(1)
  await Promise.all([first, ...later])
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([1, 2])
})

test('where enough deals wait for two batches, two are in flight, and what shares an account goes together', async () => {
  const { held, lane } = open()
  const answers = ['a', 'b', 'c', 'd', 'e', 'a', 'f', 'g'].map((user) => lane.submit(deal(user)))
  await new Promise(setImmediate)
  expect(held.inFlightCount).toBe(2)
  await Promise.all(answers)
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([5, 3])
})

test('beside a batch in flight a second one begins when enough deals wait that share nothing with it', async () => {
  const { held, lane } = open()
  const resume = held.pause()
  const answers = [lane.submit(deal('a'))]
  await settleDown()
  for (const user of ['b', 'a', 'c']) answers.push(lane.submit(deal(user)))
  await settleDown()
  expect(held.inFlightCount).toBe(1)
  answers.push(lane.submit(deal('a', 'd')), lane.submit(deal('d')))
  await settleDown()
  expect(held.inFlightCount).toBe(2)
  expect(lane.waiting).toBe(3)
  resume()
  await Promise.all(answers)
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([1, 2, 3])
})

test('two deals of much work make two batches', async () => {
  const { held, lane } = open()
  const [large, keyed] = [deal('a', 'b', 'c', 'd'), { ...deal('e', 'f', 'g'), key: 'k' }]
  await Promise.all([lane.submit(large), lane.submit(keyed)])
  expect(held.calls.map(({ ids }) => ids)).toEqual([[large.id], [keyed.id]])
})

test('with inFlightMax 1 there is never a second batch', async () => {
  const { held, lane } = open({ inFlightMax: 1, dealsMax: 4 })
  const answers = Array.from({ length: 12 }, (_deal, index) => lane.submit(deal(`u${index}`)))
  await new Promise(setImmediate)
  expect(held.inFlightCount).toBe(1)
  await Promise.all(answers)
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([4, 4, 4])
})

test('deals with one key, or that name one serial, are never in two batches at once', async () => {
  const { held, lane } = open()
  const [k1, k2] = [deal('a'), deal('b')].map((each) => ({ ...each, key: 'k' }))
  const [s1, s2] = [deal('c'), deal('d')].map(withSerial)
  assert.ok(k1 && k2 && s1 && s2)
  const others = ['e', 'f', 'g', 'h'].map((user) => deal(user))
  const all = [k1, s1, ...others.slice(0, 2), k2, s2, ...others.slice(2)]
  await Promise.all(all.map((each) => lane.submit(each)))
  const callOf = ({ id }: PreparedDeal): number => held.calls.findIndex(({ ids }) => ids.includes(id))
  expect([callOf(k2), callOf(s2)]).toEqual([callOf(k1), callOf(s1)])
  expect(held.calls.length).toBe(2)
})

test('a deal that shares accounts with both batches waits for them, and those behind it for it', async () => {
  const { held, lane } = open()
  const deals = [['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['a', 'f', 'x'], ['x'], ['g']].map((users) => deal(...users))
  const answers = deals.map((each) => lane.submit(each))
  await new Promise(setImmediate)
  expect(lane.waiting).toBe(2)
  await Promise.all(answers)
  const last = deals.slice(6, 8).map(({ id }) => id)
  expect(held.settled.slice(-2)).toEqual(last)
})

test('a batch ends before the deal that would make it too large', async () => {
  const { held, lane } = open({ bytesMax: 250, dealsMax: 3 })
  await Promise.all(Array.from({ length: 5 }, (_deal, index) => lane.submit(deal(`u${index}`))))
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([2, 2, 1])
})

test('a deal larger than a whole batch makes one alone', async () => {
  const { held, lane } = open({ bytesMax: 50 })
  await Promise.all([lane.submit(deal('a')), lane.submit(deal('b'))])
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([1, 1])
})

test('deals on a held account wait in a detour while all others go on', async () => {
  const { held, lane } = open()
  held.hold('a')
  const waiting = lane.submit(deal('a'))
  await lane.submit(deal('b'))
  await lane.submit(deal('c'))
  expect(held.settled.length).toBe(2)
  expect(held.inFlightCount).toBe(1)
  held.release('a')
  await waiting
  await lane.idle()
})

test('a deal that comes later to a held account does not overtake, nor one that shares an account with it', async () => {
  const { held, lane } = open()
  held.hold('a')
  const deals = [deal('a'), deal('a', 'b'), deal('b', 'c'), deal('c'), deal('d')]
  const answers = []
  for (const each of deals) {
    answers.push(lane.submit(each))
    await settleDown()
  }
  expect(held.settled).toEqual([deals[4]?.id])
  held.release('a')
  await Promise.all(answers)
  expect(held.settled.slice(1)).toEqual(deals.slice(0, 4).map(({ id }) => id))
})

test('a deal whose batch failed is not overtaken by a later one that was parked', async () => {
  const { held, lane } = open()
  held.hold('e')
  const first = lane.submit(deal('e'))
  await settleDown()
  const [bad, before, after] = [deal('a'), deal('a'), deal('e', 'a')]
  held.fault = (deals) => {
    if (deals.includes(bad)) throw new DatabaseError('out of range')
  }
  const refused = assert.rejects(lane.submit(bad), DatabaseError)
  const answers = [lane.submit(before), lane.submit(after)]
  await settleDown()
  held.release('e')
  await Promise.all([first, refused, ...answers])
  expect(held.settled.filter((id) => id === before.id || id === after.id)).toEqual([before.id, after.id])
})

test('no more detours than detoursMax are under way, and the others follow', async () => {
  const { held, lane } = open({ detoursMax: 2 })
  const users = ['a', 'b', 'c', 'd']
  for (const user of users) held.hold(user)
  const answers = users.map((user) => lane.submit(deal(user)))
  await settleDown()
  expect(held.inFlightCount).toBe(2)
  for (const user of users) held.release(user)
  await Promise.all(answers)
  expect(held.calls.filter(({ wait }) => wait === 'wait').length).toBe(4)
})

test('a detour that waits too long fails its deals alone, and lets go those that were parked behind it', async () => {
  const { held, lane } = open()
  held.hold('a')
  held.fault = (_deals, wait) => {
    if (wait === 'wait') throw new LockTimeoutError('held for too long')
  }
  const late = lane.submit(deal('a'))
  const free = lane.submit(deal('b'))
  await expect(late).rejects.toThrow(LockTimeoutError)
  await free
  held.release('a')
  await lane.submit(deal('a'))
  await lane.idle()
})

test('conflicts are tried again, as they are, and nobody hears of them', async () => {
  const { held, lane } = open()
  let faults = 3
  held.fault = () => {
    faults -= 1
    if (faults >= 0) throw new ConflictError('deadlock')
  }
  await Promise.all([lane.submit(deal('a')), lane.submit(deal('b'))])
  expect(held.calls.map(({ ids }) => ids.length)).toEqual([2, 2, 2, 2])
})

test('a deal that conflicts every time gets the error alone', async () => {
  const { held, lane } = open({ retriesMax: 1 })
  const bad = deal('c')
  held.fault = (deals) => {
    if (deals.includes(bad)) throw new ConflictError('history is there already')
  }
  const answers = await Promise.allSettled([deal('a'), deal('b'), bad, deal('d')].map((each) => lane.submit(each)))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
})

test('a database that can not be reached fails all deals of the batch, after the retries', async () => {
  const { held, lane } = open({ retriesMax: 2 })
  held.fault = () => {
    throw new ConnectionLostError('gone')
  }
  const answers = await Promise.allSettled([lane.submit(deal('a')), lane.submit(deal('b'))])
  for (const answer of answers) assert.ok(answer.status === 'rejected' && answer.reason instanceof ConnectionLostError)
  expect(held.calls.length).toBe(3)
})

test('an unknown outcome is not tried again, by nobody', async () => {
  const { held, lane } = open()
  held.fault = (deals) => {
    throw new OutcomeUnknownError(deals.map(({ id }) => id))
  }
  const answers = await Promise.allSettled([lane.submit(deal('a')), lane.submit(deal('b'))])
  for (const answer of answers) assert.ok(answer.status === 'rejected' && answer.reason instanceof OutcomeUnknownError)
  expect(held.calls.length).toBe(1)
})

test('a full queue refuses, and parked deals count', async () => {
  const { held, lane } = open({ queueMax: 3 })
  held.hold('a')
  const waiting = [lane.submit(deal('a'))]
  await settleDown()
  waiting.push(lane.submit(deal('a')), lane.submit(deal('a')), lane.submit(deal('a')))
  await settleDown()
  expect(lane.waiting).toBe(3)
  await expect(lane.submit(deal('b'))).rejects.toThrow(QueueFullError)
  held.release('a')
  await Promise.all(waiting)
  expect(lane.waiting).toBe(0)
})

test('callers who wait for room are let in first come first served', async () => {
  const { held, lane } = open({ queueMax: 2, dealsMax: 1, whenFull: 'wait' })
  const deals = Array.from({ length: 12 }, () => deal('a'))
  await Promise.all(deals.map((each) => lane.submit(each)))
  expect(held.settled).toEqual(deals.map(({ id }) => id))
})

test('close lets go those who wait for room, and waits for those in the queue', async () => {
  const { held, lane } = open({ queueMax: 1, dealsMax: 1, whenFull: 'wait' })
  const [queued, waiting] = [lane.submit(deal('a')), lane.submit(deal('a'))]
  const closing = lane.close()
  await expect(waiting).rejects.toThrow(ClosedError)
  await queued
  await closing
  expect(held.settled.length).toBe(1)
  await expect(lane.submit(deal('a'))).rejects.toThrow(ClosedError)
})

test('close waits for detours', async () => {
  const { held, lane } = open()
  held.hold('a')
  const waiting = lane.submit(deal('a'))
  await settleDown()
  let isClosed = false
  const closing = lane.close().then(() => {
    isClosed = true
  })
  await settleDown()
  expect(isClosed).toBe(false)
  held.release('a')
  await Promise.all([waiting, closing])
})

interface Step {
  readonly act: 'submit' | 'poison' | 'hold' | 'release'
  readonly users: readonly string[]
  readonly isTurnOver: boolean
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    act: fc.constantFrom('submit', 'submit', 'submit', 'poison', 'hold', 'release'),
    users: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }),
    isTurnOver: fc.boolean(),
  }),
  { maxLength: 40 },
)

test('whatever is held, refused and in conflict, every deal has its answer, and each account its order', async () => {
  const scenario = fc.asyncProperty(
    steps,
    fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 }),
    fc.constantFrom(1, 2),
    fc.constantFrom(1, 2, 3, 5),
    async (list, conflicts, inFlightMax, secondMin) => {
      const { held, lane } = open({ dealsMax: 4, detoursMax: 2, retriesMax: 5, secondMin, inFlightMax })
      const poisonous = new Set<PreparedDeal>()
      held.fault = (deals) => {
        if (conflicts.includes(held.calls.length)) throw new ConflictError('deadlock')
        if (deals.some((each) => poisonous.has(each))) throw new DatabaseError('out of range')
      }
      const submitted: { deal: PreparedDeal; answer: Promise<unknown> }[] = []
      for (const { act, users, isTurnOver } of list) {
        if (act === 'hold') for (const user of users) held.hold(user)
        else if (act === 'release') for (const user of users) held.release(user)
        else {
          const each = deal(...users)
          if (act === 'poison') poisonous.add(each)
          const answer = lane.submit(each)
          answer.catch(() => undefined)
          submitted.push({ deal: each, answer })
        }
        if (isTurnOver) await new Promise(setImmediate)
      }
      for (const user of ['a', 'b', 'c', 'd', 'e']) held.release(user)
      const answers = await Promise.allSettled(submitted.map(({ answer }) => answer))
      await lane.idle()
      for (const [index, { deal: each }] of submitted.entries()) {
        assert.equal(answers[index]?.status, poisonous.has(each) ? 'rejected' : 'fulfilled', each.id)
      }
      for (const user of ['a', 'b', 'c', 'd', 'e']) {
        const names = ({ changes }: PreparedDeal): boolean => changes.some((change) => change.user === user)
        const due = submitted
          .filter((each) => names(each.deal) && !poisonous.has(each.deal))
          .map((each) => each.deal.id)
        assert.deepEqual(
          held.settled.filter((id) => due.includes(id)),
          due,
          user,
        )
      }
      for (const { ids, wait } of held.calls) assert.ok(wait === 'wait' || ids.length <= 4)
      assert.equal(lane.waiting, 0)
    },
  )
  await fc.assert(scenario, { numRuns: runs })
})
