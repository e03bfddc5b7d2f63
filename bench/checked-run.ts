import type { Contender, Sums } from './database.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type LoadOptions, type RunResult } from './load.ts'
import { stockItem } from './stock.ts'
import { workload, type Skew } from './workload.ts'

/** What is done in a run of changes. */
export interface ChangeRun extends LoadOptions {
  readonly skew: Skew
  readonly accounts: number
  readonly seed: number
}

// For compilers, caches and connections, before anything is counted.
const warmUpMs = 300

/**
 * Changes holdings for some time, and then holds the tables to it: what was acknowledged is what was written, no more and no less. A fast
 * wrong answer is worth nothing.
 *
 * @throws Error saying which sum is wrong
 */
export async function checkedRun(contender: Contender, run: ChangeRun): Promise<RunResult> {
  const pick = workload(run.skew, run.accounts, run.seed)
  const done = { changes: 0, entries: 0 }
  const operate = async (): Promise<void> => {
    const { user, by } = pick()
    await contender.change(user, stockItem, by)
    done.changes += by
    done.entries += 1
  }
  const before = await contender.sums()
  await load({ ...run, milliseconds: Math.min(warmUpMs, run.milliseconds) }, operate)
  const result = await load(run, operate)
  compare(contender.name, before, await contender.sums(), done)
  return result
}

function compare(name: string, before: Sums, after: Sums, done: { changes: number; entries: number }): void {
  expectMoved(`${name}: the sum of the holdings`, after.holdings - before.holdings, done.changes)
  expectMoved(`${name}: the sum of the history's changes`, after.changes - before.changes, done.changes)
  expectMoved(`${name}: the number of the history's rows`, after.entries - before.entries, done.entries)
  if (after.versions !== null && before.versions !== null)
    expectMoved(`${name}: the sum of the versions`, after.versions - before.versions, done.entries)
}
