import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { runChecks } from './checks.mjs'
import { ensureServers } from './ensure-servers.mjs'
import { build, install, runNode } from './prepare.mjs'

const isNightly = process.argv[2] === '--nightly'
const vitestArgs = process.argv.slice(isNightly ? 3 : 2)

install()
const isBuilt = build()
ensureServers()
const checks = await checkAll()
const tests = runTests()
const passed = checks.passed + tests.passed
const failed = checks.failed + tests.failed
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`)

/** The checks, and the build as one more of them. */
async function checkAll() {
  if (vitestArgs.length > 0) {
    console.log('Only some tests were asked for, so the checks of the whole repository are left out: npm run check')
    return { passed: 0, failed: isBuilt ? 0 : 1 }
  }
  const { passed, failed } = await runChecks()
  return isBuilt ? { passed: passed + 1, failed } : { passed, failed: failed + 1 }
}

/** @returns {{ passed: number, failed: number, skipped: number }} */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'stockpile-result-'))
  const file = join(folder, 'result.json')
  try {
    const code = runNode(['node_modules/vitest/vitest.mjs', 'run', ...vitestArgs], {
      STOCKPILE_TEST_RESULT: file,
      ...(isNightly ? { STOCKPILE_TEST_LONG: '1' } : {}),
    })
    // Without a result vitest has not come as far as running anything.
    const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 1, skipped: 0 }
    // vitest knows reasons to fail that are no test's, such as a server that could not be stopped.
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
