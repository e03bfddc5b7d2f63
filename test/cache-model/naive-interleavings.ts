import { drawInterleaving } from './draw-interleaving.ts'
import { explore } from './explore.ts'
import { naiveProtocols, naiveSteps, type NaiveProtocol } from './naive-protocols.ts'
import { protocol } from './rules.ts'
import { scenario } from './scenario.ts'

/** What goes wrong with a naive protocol. */
export interface NaiveInterleaving {
  readonly name: string
  readonly what: string
  readonly steps: readonly string[]
  /** The steps as a table in Markdown. */
  readonly drawing: string
}

/**
 * Finds, for each naive protocol, the fewest steps that break its promise: with one writer and three readers, nothing going wrong.
 *
 * @throws Error if a naive protocol keeps its promises: then the model is wrong
 */
export function findNaiveInterleavings(): NaiveInterleaving[] {
  return naiveProtocols.map(findInterleaving)
}

function findInterleaving(naive: NaiveProtocol): NaiveInterleaving {
  const differences = { readers: 3, isWarm: false, acknowledgesLater: true }
  const { violation } = explore({ rules: protocol, scenario: scenario(naive.name, differences) }, naiveSteps(naive))
  if (violation === null) throw new Error(`${naive.name} keeps every promise, which can't be.`)
  const { what, steps } = violation
  return { name: naive.name, what, steps, drawing: drawInterleaving(steps, what) }
}
