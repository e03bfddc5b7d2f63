import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Operation } from './operation.ts'
import type { RequestChange, Step } from './request.ts'

/** One deal of an operation: all of it, or a step of its transaction. */
export interface UnitDeal {
  /** Empty where the operation is one deal. */
  readonly path: string
  readonly changes: readonly RequestChange[]
  /** Where a step sets what it read under a lock plus an amount: that amount is what it must have added. */
  readonly isIncrement: boolean
}

/** What an operation left in the history: the rows of each of its deals by path. */
export interface Unit {
  readonly operation: Operation
  readonly rows: Map<string, HistoryRow[]>
}

/** The deals that an operation consists of, without those that it undoes itself, in their order. */
export function dealsOf({ request }: Operation): UnitDeal[] {
  if (request.kind === 'read') return []
  if (request.kind === 'deal') return [{ path: '', changes: request.changes, isIncrement: false }]
  return request.isUndone ? [] : stepsOf('', request.steps)
}

function stepsOf(prefix: string, steps: readonly Step[]): UnitDeal[] {
  return steps.flatMap((step, index): UnitDeal[] => {
    const path = `${prefix}${index + 1}`
    if (step.kind === 'deal') return [{ path, changes: step.changes, isIncrement: false }]
    if (step.kind === 'nested') return step.isUndone ? [] : stepsOf(`${path}.`, step.steps)
    const { user, item, amount } = step
    return [{ path, changes: [{ verb: 'add', user, item, amount }], isIncrement: true }]
  })
}

/** Sorts the history into what each operation left; names the rows that belong to none. */
export function unitsOf(
  history: readonly HistoryRow[],
  operations: ReadonlyMap<string, Operation>,
): { units: Map<string, Unit>; strays: HistoryRow[] } {
  const units = new Map<string, Unit>()
  const strays: HistoryRow[] = []
  for (const row of history) {
    const { op, path = '' } = JSON.parse(row.data ?? '{}') as { op?: string; path?: string }
    const operation = operations.get(op ?? '')
    if (operation === undefined) {
      strays.push(row)
      continue
    }
    const unit = units.get(operation.op) ?? { operation, rows: new Map<string, HistoryRow[]>() }
    units.set(operation.op, unit)
    unit.rows.set(path, [...(unit.rows.get(path) ?? []), row])
  }
  return { units, strays }
}
