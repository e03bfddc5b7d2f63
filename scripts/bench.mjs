import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ensureServers } from './ensure-servers.mjs'
import { build, fail, install, root, runNode } from './prepare.mjs'

const script = 'bench/run.ts'

install()
if (!build()) fail('Stockpile could not be built, so there is nothing to measure: see what the compiler says above.')
if (!existsSync(join(root, script))) fail(`${script} is missing: there is nothing to measure.`)
ensureServers()
process.exitCode = runNode([script, ...process.argv.slice(2)])
