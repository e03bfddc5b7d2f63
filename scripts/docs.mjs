import process from 'node:process'
import { install, runNode } from './prepare.mjs'

install()
process.exitCode = runNode(['test/docs/write-pages.ts'])
