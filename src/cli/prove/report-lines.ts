import { toCount, toTable } from '../output.ts'
import { violationKinds, type ViolationKind } from './checker.ts'
import type { ProofReport } from './prover.ts'

const notTested = [
  'restarts, crashes and networks that fail of your database and cache servers: nothing of yours was stopped',
  'flushes: your cache may hold things of others',
  'failovers: a replica that takes over, or a server that is replaced by another one under the same address',
  'writers that do not use Stockpile and switch its triggers off',
]

/** How many violations a report has. */
export function violationsOf({ violations }: ProofReport): number {
  return Object.values(violations).reduce((sum, count) => sum + count, 0)
}

/**
 * A report for people.
 *
 * @param left what was left behind on the servers
 */
export function reportLines(report: ProofReport, left: readonly string[]): string[] {
  const { reads, seconds, counts, statistics, kills, processes, handChanges, lateMs } = report
  const writes = ['write', 'trade', 'transact', 'bulk'].reduce((sum, name) => sum + (counts[name] ?? 0), 0)
  const hits = (statistics['hits'] ?? 0) + (statistics['joins'] ?? 0)
  const asked = hits + (statistics['misses'] ?? 0)
  const failures = Object.entries(counts).filter(([name]) => name.includes(' failed: '))
  const done: (readonly [string, string])[] = [
    ['reads', `${toCount(reads)} in ${seconds.toFixed(1)} s; p50 ${ms(report.p50Ms)}, p99 ${ms(report.p99Ms)}`],
    ['answered by the cache', asked === 0 ? 'none' : `${Math.round((100 * hits) / asked)} %`],
    [
      'writes',
      `${toCount(writes)}, of which in transactions ${toCount(counts['transact'] ?? 0)}, by SQL ${toCount(counts['bulk'] ?? 0)}`,
    ],
    ['rolled back, refused', `${toCount(counts['undo'] ?? 0)}, ${toCount(counts['refuse'] ?? 0)}`],
    ['cache entries removed', `${toCount(counts['evict'] ?? 0)}: values, leases and intents at random`],
    ['processes', `${processes} of its own, of which ${kills} were killed at any moment`],
    ['changes by hand', `${toCount(handChanges)}; the old state was read up to ${ms(lateMs)} after`],
    ...failures.map(([name, count]) => [name, `${toCount(count)} times`] as const),
  ]
  const total = violationsOf(report)
  return [
    ...toTable(done),
    '',
    total === 0 ? 'No violation was found:' : `${toCount(total)} VIOLATIONS WERE FOUND:`,
    ...toTable(
      (Object.keys(violationKinds) as ViolationKind[]).map((kind) => [
        `  ${kind}`,
        toCount(report.violations[kind]),
        violationKinds[kind],
      ]),
      [1],
    ),
    ...(report.examples.length === 0 ? [] : ['', ...report.examples.map((example) => `  ${example}`)]),
    '',
    'Not tested:',
    ...notTested.map((one) => `  ${one}`),
    ...(left.length === 0 ? [] : ['', 'Left behind:', ...left.map((one) => `  ${one}`)]),
  ]
}

function ms(time: number): string {
  return `${time < 10 ? time.toFixed(1) : toCount(Math.round(time))} ms`
}
