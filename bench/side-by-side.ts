import type { RunResult } from './load.ts'
import type { Cell } from './question.ts'
import { spreadOf, type Spread } from './statistics.ts'

/** What one contender came to in all rounds. */
export interface Side {
  readonly perSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly nodeMicros: Spread
  readonly threadMicros: Spread
  readonly serverMicros: Spread
}

/** Both contenders side by side. */
export interface Sides {
  readonly byHand: Side
  readonly stockpile: Side
  /** How many times by hand's throughput Stockpile has, in each round. */
  readonly ratio: Spread
}

/** The columns of `sideCells`. */
export const sideColumns = ['by hand/s', 'Stockpile/s', 'times', 'p50 ms', 'p99 ms', 'node us', 'server us'] as const

/**
 * Lets two contenders do the same by turns, each first as often as the other, so that whatever else the machine does hits both.
 *
 * @param run does one round, numbered from 1
 */
export async function sideBySide<Contender>(
  hand: Contender,
  ours: Contender,
  rounds: number,
  run: (contender: Contender, round: number) => Promise<RunResult>,
): Promise<Sides> {
  const results = new Map<Contender, RunResult[]>([
    [hand, []],
    [ours, []],
  ])
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of round % 2 === 1 ? [hand, ours] : [ours, hand])
      results.get(contender)?.push(await run(contender, round))
  }
  const handResults = results.get(hand) ?? []
  const ourResults = results.get(ours) ?? []
  const ratios = ourResults.map(({ perSecond }, round) => perSecond / (handResults[round]?.perSecond ?? Number.NaN))
  return { byHand: toSide(handResults), stockpile: toSide(ourResults), ratio: spreadOf(ratios) }
}

/** Both contenders as a part of a row. */
export function sideCells({ byHand, stockpile, ratio }: Sides): Cell[] {
  return [
    byHand.perSecond,
    stockpile.perSecond,
    ratio,
    [byHand.p50Ms, stockpile.p50Ms],
    [byHand.p99Ms, stockpile.p99Ms],
    [byHand.nodeMicros, stockpile.nodeMicros],
    [byHand.serverMicros, stockpile.serverMicros],
  ]
}

function toSide(results: readonly RunResult[]): Side {
  const spread = (name: keyof RunResult): Spread => spreadOf(results.map((result) => result[name]))
  return {
    perSecond: spread('perSecond'),
    p50Ms: spread('p50Ms'),
    p99Ms: spread('p99Ms'),
    nodeMicros: spread('nodeMicros'),
    threadMicros: spread('threadMicros'),
    serverMicros: spread('serverMicros'),
  }
}
