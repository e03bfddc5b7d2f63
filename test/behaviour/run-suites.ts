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
      describe(suite.name, () => {
        for (const behaviour of suite.behaviours) {
          if (!isApplicable(behaviour, mode, backend.can)) continue
          test(behaviour.title, async () => {
            if (context !== undefined) await runBehaviour(behaviour, mode, context)
          })
        }
      })
    }
  })
}
