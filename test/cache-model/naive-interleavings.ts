import { drawInterleaving } from './draw-interleaving.ts'
import { explore, type Exploration } from './explore.ts'
import { mutants } from './mutants.ts'
import { naiveProtocols, naiveSteps, type NaiveProtocol } from './naive-protocols.ts'
import { protocol, type Rules } from './rules.ts'
import { scenario } from './scenario.ts'

/** What goes wrong with a naive protocol, or without a rule. */
export interface BrokenInterleaving {
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
export function findNaiveInterleavings(): BrokenInterleaving[] {
  return naiveProtocols.map(findInterleaving)
}

/**
 * Finds the fewest steps that break a promise without one rule of the protocol.
 *
 * @throws Error if there are none, or the rule is not among those that break one alone
 */
export function findInterleavingWithout(rule: keyof Rules): BrokenInterleaving {
  const mutant = mutants.find(({ breaks }) => breaks.length === 1 && breaks[0] === rule)
  if (mutant === undefined) throw new Error(`${rule} is no rule that breaks a promise alone.`)
  return draw(rule, explore({ rules: { ...protocol, [rule]: false }, scenario: mutant.scenario }))
}

function findInterleaving(naive: NaiveProtocol): BrokenInterleaving {
  const differences = { readers: 3, isWarm: false, acknowledgesLater: true }
  return draw(naive.name, explore({ rules: protocol, scenario: scenario(naive.name, differences) }, naiveSteps(naive)))
}

function draw(name: string, { violation }: Exploration): BrokenInterleaving {
  if (violation === null) throw new Error(`${name}: every promise is kept, which can't be.`)
  const { what, steps } = violation
  return { name, what, steps, drawing: drawInterleaving(steps, what) }
}
