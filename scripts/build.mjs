import process from 'node:process'
import { build, install } from './prepare.mjs'

install()
process.exitCode = build() ? 0 : 1
