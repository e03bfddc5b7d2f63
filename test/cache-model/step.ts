import type { Rules } from './rules.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** What holds during a whole run of the model. */
export interface Setting {
  readonly rules: Rules
  readonly scenario: Scenario
}

/**
 * Takes a step that is possible: gets its name, and what it does to a copy of the world.
 *
 * @returns what was violated by it, if anything
 */
export type Take = (name: string, change: (next: World) => string | void) => void

/** An actor's number, as locks name their holders: writers come first, then bulk changes, then edits by hand. */
export function actorNumber(scenario: Scenario, kind: 'writer' | 'bulk' | 'edit', index: number): number {
  if (kind === 'writer') return 1 + index
  if (kind === 'bulk') return 1 + scenario.writers + index
  return 1 + scenario.writers + scenario.bulks + index
}

/** The bit of an actor's change in an account's content; a writer may have two. */
export function changeBit(scenario: Scenario, kind: 'writer' | 'bulk' | 'edit', index: number, deal = 0): number {
  const deals = dealsOf(scenario)
  if (kind === 'writer') return 1 << (index * deals + deal)
  const after = scenario.writers * deals
  return 1 << (kind === 'bulk' ? after + index : after + scenario.bulks + index)
}

/** How many deals each writer of a scenario makes. */
export function dealsOf(scenario: Scenario): number {
  return scenario.style === 'transaction' || scenario.style === 'join' ? 2 : 1
}
