// The behaviours bring their titles and their assertions along.
// oxlint-disable vitest/valid-title vitest/expect-expect
import { afterAll, beforeAll, describe, test } from 'vitest'
import {
  Context,
  isApplicable,
  runBehaviour,
  suites,
  type Backend,
  type Mode,
  type Wrap,
} from '../../src/testing/index.ts'
import { backends, cachedBackends } from '../backends.ts'
import { stacks } from './stacks.ts'

/** What is run: all of it on all backends, unless said otherwise. */
interface Selection {
  readonly backends?: readonly Backend['name'][]
  /** Whether it runs through a cache. */
  readonly isCached?: boolean
  /** Layers around every inventory that a behaviour gets. */
  readonly stack?: keyof typeof stacks
  /** The names of the suites. */
  readonly suites?: readonly string[]
  readonly suitesLeftOut?: readonly string[]
}

/** Makes a test of every behaviour on every backend that it says something about, in one mode. */
export function runSuites(mode: Mode, selection: Selection = {}): void {
  const stack = selection.stack === undefined ? null : stacks[selection.stack]
  const chosen = (selection.isCached === true ? cachedBackends : backends).filter(
    ({ name }) => selection.backends?.includes(name) !== false,
  )
  describe.each(chosen.map((backend) => [backend.name, backend] as const))('%s', (_name, backend) => {
    let context: Context | undefined
    beforeAll(async () => {
      context = await Context.open(backend, ...(stack === null ? [] : [stack.wrap as unknown as Wrap]))
    })
    afterAll(() => context?.end())
    for (const suite of suites) {
      if (selection.suites?.includes(suite.name) === false) continue
      if (selection.suitesLeftOut?.includes(suite.name) === true) continue
      const behaviours = suite.behaviours.filter(
        (behaviour) =>
          isApplicable(behaviour, mode, backend.can) && !(stack?.isSorted === true && behaviour.isSorting === true),
      )
      if (behaviours.length === 0) continue
      describe(suite.name, () => {
        for (const behaviour of behaviours) {
          test(behaviour.title, async () => {
            if (context === undefined) throw new Error('there is no database')
            await runBehaviour(behaviour, mode, context)
          })
        }
      })
    }
  })
}
