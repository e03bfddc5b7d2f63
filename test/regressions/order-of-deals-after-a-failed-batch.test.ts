import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import { ConflictError, DatabaseError } from '../../src/errors.ts'
import { Lane, type LaneSettings } from '../../src/ledger/lane.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'
import { noSerials } from '../ledger/arbitrary-deals.ts'
import { HeldRows } from '../ledger/held-rows.ts'

let count = 0

function deal(...users: readonly string[]): PreparedDeal {
  const changes = users.map((user) =>
    toChange('change', { verb: 'add', kind: 'tally', app: 'farm', user, item: 'wheat', amount: 1n }),
  )
  count += 1
  return prepareDeal(`deal ${count}`, { changes }, noSerials)
}

function open(inFlightMax: LaneSettings['inFlightMax']): { held: HeldRows; lane: Lane } {
  const held = new HeldRows()
  const queue = { dealsMax: 4, bytesMax: 1_000_000, queueMax: 1_000, whenFull: 'refuse' } as const
  const rest = { inFlightMax, secondMin: 1, retriesMax: 3, detoursMax: 2, firstWait: 'skip' } as const
  return { held, lane: new Lane(held.settle, { ...queue, ...rest }) }
}

test('a deal whose batch failed, and that comes back from behind a detour, is not overtaken by one that waited for its batch', async () => {
  const { held, lane } = open(2)
  held.hold('b')
  const bad = deal('a')
  held.fault = (deals) => {
    if (deals.includes(bad)) throw new DatabaseError('out of range')
  }
  const [before, after] = [deal('c', 'd'), deal('c')]
  const refused: Promise<unknown>[] = []
  const answers: Promise<unknown>[] = []
  for (const each of [deal('b', 'd'), before, deal('a'), bad, after])
    if (each === bad) refused.push(assert.rejects(lane.submit(each), DatabaseError))
    else answers.push(lane.submit(each))
  await new Promise(setImmediate)
  answers.push(lane.submit(deal('a')))
  await new Promise(setImmediate)
  held.release('b')
  await Promise.all([...answers, ...refused])
  expect(held.settled.filter((id) => id === before.id || id === after.id)).toEqual([before.id, after.id])
})

test('a deal whose batch failed is not overtaken by the next of that batch, when what it waited for is over in between', async () => {
  const { held, lane } = open(1)
  held.hold('b')
  const bad = deal('a')
  let tries = 0
  held.fault = (deals) => {
    if (!deals.includes(bad)) return
    tries += 1
    if (tries !== 2) throw new DatabaseError('out of range')
    held.release('b')
    throw new ConflictError('deadlock')
  }
  const [before, after] = [deal('c'), deal('c')]
  const answers = [deal('b', 'c'), before].map((each) => lane.submit(each))
  const refused = assert.rejects(lane.submit(bad), DatabaseError)
  answers.push(lane.submit(after))
  await Promise.all([...answers, refused])
  expect(held.settled.slice(1)).toEqual([before.id, after.id])
})
