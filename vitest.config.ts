import process from 'node:process'
import { defineConfig } from 'vitest/config'

const nodeMajor = Number.parseInt(process.versions.node, 10)
if (nodeMajor < 24) throw new Error(`The tests run on Node 24, and this is ${process.version}: start them by npm test.`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/global-setup.ts'],
    reporters: ['default', './test/closing-line.ts'],
    pool: 'forks',
    // All cores: tests wait for the servers' disks as often as for themselves.
    maxWorkers: '100%',
    // Only guards against hanging for ever; what has to be done at night takes longer, on a machine that is shared more so.
    testTimeout: process.env['STOCKPILE_TEST_LONG'] === '1' ? 900_000 : 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
})
