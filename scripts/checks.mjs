import { join } from 'node:path'
import { collectNode, root } from './prepare.mjs'

/** @type {readonly (readonly [claim: string, program: string, ...args: string[]])[]} */
const checks = [
  ['types are right', 'tsc', '-p', 'tsconfig.json'],
  ['code is formatted', 'prettier', '--check', '--log-level=warn', '.'],
  ['no rule of the linter is broken', 'oxlint', '--type-aware', '--deny-warnings'],
  ['no file, export or dependency is unused', 'knip'],
  ['the package is well formed', 'publint', '--strict'],
  ['the types of the package can be imported', 'attw', '--pack', '.', '--profile', 'esm-only'],
]

// One for each core of a small machine.
const atOnceMax = 2

/**
 * Checks the repository without running its tests, and prints what is wrong.
 *
 * `dist` must have been built: the checks of the package look at it.
 *
 * @returns {Promise<{ passed: number, failed: number }>} how many checks have passed and failed
 */
export async function runChecks() {
  const waiting = [...checks]
  const count = { passed: 0, failed: 0 }
  async function work() {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const [claim, program, ...args] = check
      const { code, output } = await collectNode([join(root, 'node_modules', '.bin', program), ...args])
      count[code === 0 ? 'passed' : 'failed']++
      console.log(code === 0 ? ` ✓ ${claim}` : ` ✗ ${claim} (${[program, ...args].join(' ')})\n\n${output.trim()}\n`)
    }
  }
  await Promise.all(Array.from({ length: atOnceMax }, work))
  return count
}
