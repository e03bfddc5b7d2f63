import process from 'node:process'
import { install, runNode } from './prepare.mjs'

install()
process.exitCode = runNode(['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'])
