import { toCount, toCounted } from '../output.ts'
import type { Counts } from './applier.ts'

/** What there is to say at the end of `apply`. */
export interface Summary {
  readonly input: string
  readonly run: string
  readonly counts: Counts
  readonly seconds: number
  readonly refusedFile: string | null
  /** Whether the input was read to its end. */
  readonly isComplete: boolean
}

/** The summary for machines. */
export function summaryFacts({ input, run, counts, seconds, refusedFile, isComplete }: Summary): object {
  return {
    input,
    run,
    ...counts,
    reasons: Object.fromEntries(counts.reasons),
    seconds: Math.round(seconds * 1000) / 1000,
    dealsPerSecond: Math.round(counts.deals / Math.max(seconds, 0.001)),
    refusedFile,
    isComplete,
  }
}

/** The summary for people. */
export function summaryLines({ input, run, counts, seconds, refusedFile, isComplete }: Summary): string[] {
  const { deals, applied, appliedBefore, refused, rowsSkipped, reasons } = counts
  const rate = toCount(Math.round(deals / Math.max(seconds, 0.001)))
  const why = [...reasons].map(([code, count]) => `${toCount(count)} ${code}`).join(', ')
  const facts: readonly (readonly [count: number, what: string])[] = [
    [applied, 'applied'],
    [appliedBefore, `had been applied before, in run ${run} or under their own keys`],
    [refused, `refused: ${why}; see ${refusedFile ?? ''}`],
    [rowsSkipped, `${rowsSkipped === 1 ? 'row' : 'rows'} left out, with a quantity of 0`],
  ]
  const told = facts.filter(([count], index) => count > 0 || index === 0)
  const width = Math.max(...told.map(([count]) => toCount(count).length))
  return [
    `${input}: ${toCounted(deals, 'deal')} in ${seconds.toFixed(1)} s (${rate}/s)${isComplete ? '' : ', not all of it'}`,
    ...told.map(([count, what]) => `  ${toCount(count).padStart(width)} ${what}`),
    ...hints(counts, run, isComplete),
  ]
}

function hints({ applied, appliedBefore, reasons }: Counts, run: string, isComplete: boolean): string[] {
  if (!isComplete) return ['Run the same command again to go on: no deal is done twice.']
  if (reasons.has('KEY_REUSED'))
    return [
      `KEY_REUSED: the deals of run ${run} were others. If these are new ones, name a run of their own: --run NAME`,
    ]
  if (appliedBefore > 0 && applied === 0)
    return ['Nothing was done twice. If these deals are new ones, name a run of their own: --run NAME']
  return []
}
