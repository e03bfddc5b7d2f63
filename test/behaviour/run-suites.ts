// The behaviours bring their titles and their assertions along.
// oxlint-disable vitest/valid-title vitest/expect-expect
import { afterAll, beforeAll, describe, test } from 'vitest'
import { Context, isApplicable, runBehaviour, suites, type Mode } from '../../src/testing/index.ts'
import { backends } from '../backends.ts'

/** Makes a test of every behaviour on every backend that it says something about, in one mode. */
export function runSuites(mode: Mode): void {
  describe.each(backends.map((backend) => [backend.name, backend] as const))('%s', (_name, backend) => {
    let context: Context | undefined
    beforeAll(async () => {
      context = await Context.open(backend)
    })
    afterAll(() => context?.end())
    for (const suite of suites) {
      const behaviours = suite.behaviours.filter((behaviour) => isApplicable(behaviour, mode, backend.can))
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
