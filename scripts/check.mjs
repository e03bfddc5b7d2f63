import process from 'node:process'
import { runChecks } from './checks.mjs'
import { build, install } from './prepare.mjs'

install()
const isBuilt = build()
const { failed } = await runChecks()
process.exitCode = isBuilt && failed === 0 ? 0 : 1
