import { bulkSteps } from './bulk-steps.ts'
import { editSteps, relaySteps } from './edit-steps.ts'
import { environmentSteps } from './environment-steps.ts'
import { copyWorld, makeWorld } from './make-world.ts'
import { findDrift } from './promises.ts'
import { readerSteps } from './reader-steps.ts'
import type { Setting, Take } from './step.ts'
import { worldKey } from './world-key.ts'
import type { World } from './world.ts'
import { writerSteps } from './writer-steps.ts'

/** What came of trying everything. */
export interface Exploration {
  /** What was violated first, and the shortest way there; null where nothing was. */
  readonly violation: { readonly what: string; readonly steps: readonly string[] } | null
  readonly states: number
  /** Whether everything was tried: false where the limit came first. */
  readonly isExhaustive: boolean
}

/**
 * Tries every order of all the steps that the actors of a scenario can take, shortest first, until a promise is broken or nothing is left
 * to try.
 *
 * @param takeSteps what can be done: our protocol's steps, or another's
 * @param statesMax after how many different states to give up
 */
export function explore(setting: Setting, takeSteps: Steps = protocolSteps, statesMax = 14_000_000): Exploration {
  const first = makeWorld(setting.scenario)
  const known = new Set([worldKey(first, setting)])
  const trail = new Trail()
  let wave: { readonly world: World; readonly at: number }[] = [{ world: first, at: trail.add(-1, '') }]
  while (wave.length > 0) {
    const next: typeof wave = []
    for (const { world, at } of wave) {
      const drift = findDrift(world)
      if (drift !== undefined)
        return { violation: { what: drift, steps: trail.to(at) }, states: known.size, isExhaustive: false }
      let broken: { what: string; steps: string[] } | null = null
      takeSteps(world, setting, (name, change) => {
        if (broken !== null) return
        const after = copyWorld(world)
        const what = change(after)
        if (typeof what === 'string') broken = { what, steps: [...trail.to(at), name] }
        const { size } = known
        if (known.add(worldKey(after, setting)).size === size) return
        next.push({ world: after, at: trail.add(at, name) })
      })
      if (broken !== null) return { violation: broken, states: known.size, isExhaustive: false }
      if (known.size > statesMax) return { violation: null, states: known.size, isExhaustive: false }
    }
    wave = next
  }
  return { violation: null, states: known.size, isExhaustive: true }
}

/** Offers the steps that are possible in a world. */
export type Steps = (world: World, setting: Setting, take: Take) => void

function protocolSteps(world: World, setting: Setting, take: Take): void {
  for (let index = 0; index < world.writers.length; index += 1) writerSteps(world, index, setting, take)
  for (let index = 0; index < world.bulks.length; index += 1) bulkSteps(world, index, setting, take)
  for (let index = 0; index < world.edits.length; index += 1) editSteps(world, index, setting, take)
  for (let index = 0; index < world.readers.length; index += 1) readerSteps(world, index, setting, take)
  relaySteps(world, setting, take)
  environmentSteps(world, setting, take)
}

/** How each state was come by: the state before it, and the name of the step. */
class Trail {
  readonly #before: number[] = []
  readonly #step: string[] = []

  add(before: number, step: string): number {
    this.#before.push(before)
    this.#step.push(step)
    return this.#before.length - 1
  }

  to(end: number): string[] {
    const steps: string[] = []
    for (let at = end; at > 0; at = this.#before[at] ?? 0) steps.push(this.#step[at] ?? '')
    return steps.toReversed()
  }
}
