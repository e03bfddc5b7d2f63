import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Counts what a run of the tests comes to. It prints `N passed, N failed` as its closing line, or writes the numbers
 * to the file that `STOCKPILE_TEST_RESULT` names, for a caller who has more to add before that line.
 *
 * A file that can't be loaded, and an error outside of every test, count as one failure each.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const result = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      result.failed += module.errors().length
      for (const suite of module.children.allSuites()) result.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        result[state === 'pending' ? 'failed' : state]++
      }
    }
    const file = process.env['STOCKPILE_TEST_RESULT']
    if (file !== undefined) writeFileSync(file, JSON.stringify(result))
    else console.log(closingLine(result))
  }
}

function closingLine({ passed, failed, skipped }: { passed: number; failed: number; skipped: number }): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
