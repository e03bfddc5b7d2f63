import { runSuites } from './run-suites.ts'

runSuites('alone', { isCached: true })
