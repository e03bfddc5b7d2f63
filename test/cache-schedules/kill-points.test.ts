import process from 'node:process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Violation } from './checker.ts'
import { underEverySchedule } from './every-schedule.ts'
import type { Death, Point } from './life.ts'
import { mutants } from './mutants.ts'
import type { Operation, Plan, Weather } from './plan.ts'
import { runPlan, type Wiring } from './run-plan.ts'

const isLong = process.env['STOCKPILE_TEST_LONG'] === '1'

// Time passes when everybody waits for it, and when the plan says so.
beforeAll(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterAll(() => vi.useRealTimers())

const read: Operation = { does: 'read', users: ['1'], item: null, isRefresh: false }
const write: Operation = { does: 'write', users: ['1'], kind: 'tally' }

/** One writer, who may die, and so many readers. */
function plan(
  readers: number,
  start: Plan['start'],
  death: Death | null,
  writer = write,
  weather: Weather[] = [],
): Plan {
  const processes = [
    { clients: [[writer]], death, nacks: [] },
    ...Array.from({ length: readers }, () => ({ clients: [[read]], death: null, nacks: [] })),
  ]
  return { start, options: { waitMs: 0 }, processes, weather, hasSparePoints: false }
}

/** Every death of the writer: at each of its steps, with what it has sent arriving and not; and none. */
async function everyDeath(writer: Operation): Promise<(Death | null)[]> {
  let steps: readonly Point[] = []
  await underEverySchedule(0, async (schedule) => {
    steps = (await runPlan(plan(0, 'cached', null, writer), schedule))[0]!
  })
  const deaths = steps.flatMap((point, at) =>
    [true, false].flatMap((arrives): Death[] =>
      isLong || arrives || point.endsWith('.sent') ? [{ at, arrives }] : [],
    ),
  )
  return [null, ...deaths]
}

const writers: Readonly<Record<string, Operation>> = {
  write,
  'transaction with an undone savepoint': {
    does: 'transaction',
    users: ['1'],
    parts: ['undone savepoint', 'write'],
    isUndone: false,
  },
  'transaction that is rolled back': { does: 'transaction', users: ['1'], parts: ['write'], isUndone: true },
  'part of the application’s own transaction': { does: 'join', users: ['1'], parts: ['write'], isUndone: false },
  'bulk change': { does: 'bulk', users: ['1'] },
}

/** How many readers, how often somebody is interrupted at most, and how many keys are evicted meanwhile. */
interface Size {
  readonly readers: number
  readonly interruptions: number
  readonly evictions: number
}

const once: Size = { readers: 1, interruptions: 1, evictions: 0 }
const twice: Size = { readers: 1, interruptions: 2, evictions: 0 }
const two: Size = { readers: 2, interruptions: 1, evictions: 0 }

/** What is tried: all orders of one reader, where there is time for it. */
const cases: readonly (readonly [string, Size])[] = isLong
  ? Object.keys(writers).flatMap((what) => [
      [what, { readers: 1, interruptions: what === 'write' ? Infinity : 4, evictions: 0 }],
      [what, { readers: 1, interruptions: 2, evictions: 1 }],
      [what, { readers: 2, interruptions: 2, evictions: 0 }],
    ])
  : [['write', twice], ['write', two], ...Object.keys(writers).map((what) => [what, once] as const)]

async function tryAll(
  writer: Operation,
  { readers, interruptions, evictions }: Size,
  wiring?: Wiring,
): Promise<number> {
  let count = 0
  const weather: Weather[] = evictions === 0 ? [] : [{ after: 0, does: 'evict', which: 0 }]
  for (const death of await everyDeath(writer)) {
    for (const start of ['cached', 'there'] as const) {
      count += await underEverySchedule(interruptions, async (schedule) => {
        await runPlan(plan(readers, start, death, writer, weather), schedule, wiring)
      })
    }
  }
  return count
}

test.each(cases.map(([what, size]) => [what, size.readers, size.interruptions, size.evictions, size] as const))(
  'a %s that dies anywhere, between any steps of readers (%i, with %d interruptions and %i evictions), leaves nothing stale',
  async (what, _readers, _interruptions, _evictions, size) => {
    expect(await tryAll(writers[what]!, size)).toBeGreaterThan(50)
  },
  3_600_000,
)

test.each(['intents after COMMIT', 'new values before COMMIT', 'no intents at all', 'values filled without a token'])(
  'with %s, one of these schedules shows it',
  async (name) => {
    const { settings: _settings, ...wiring } = mutants[name]!
    const failure = await tryAll(write, twice, wiring).catch((error: unknown) => error)
    expect((failure as Error).cause).toBeInstanceOf(Violation)
  },
  600_000,
)
