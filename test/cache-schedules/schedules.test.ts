import fc from 'fast-check'
import process from 'node:process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Violation } from './checker.ts'
import { mutants } from './mutants.ts'
import { plans, type PlanSettings } from './plan.ts'
import { runPlan, type Wiring } from './run-plan.ts'
import { drawnSchedule } from './schedule.ts'

const isLong = process.env['STOCKPILE_TEST_LONG'] === '1'
const runs = isLong ? 50_000 : 600
const mutantRuns = isLong ? 20_000 : 2_000

// Time passes when everybody waits for it, and when the plan says so.
beforeAll(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterAll(() => vi.useRealTimers())

function property(settings?: PlanSettings, wiring?: Wiring): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(plans(settings), fc.scheduler(), async (plan, scheduler) => {
    await runPlan(plan, drawnSchedule(scheduler), wiring)
  })
}

test('no order of the steps, no death, eviction, restart or lost answer has anybody read what is stale, dirty or torn', async () => {
  expect(
    fc.defaultReportMessage(await fc.check(property(), { numRuns: runs, includeErrorInReport: true })),
  ).toBeUndefined()
}, 1_200_000)

test.each(Object.entries(mutants))(
  'with %s, somebody soon reads what is stale, dirty or torn',
  async (_what, { settings, ...wiring }) => {
    // Plans like these show nothing where the wiring is right, so that it is the wiring that is caught.
    const sound = await fc.check(property(settings), { numRuns: isLong ? 5_000 : 20, includeErrorInReport: true })
    expect(fc.defaultReportMessage(sound)).toBeUndefined()
    const draw = isLong ? {} : { seed: 1 }
    const found = await fc.check(property(settings, wiring), { numRuns: mutantRuns, endOnFailure: true, ...draw })
    const { failed, errorInstance } = found
    expect(failed).toBe(true)
    expect(errorInstance).toBeInstanceOf(Violation)
  },
  600_000,
)
