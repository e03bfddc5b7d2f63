import { runSuites } from './run-suites.ts'

runSuites('transaction', { isCached: true, backends: ['sqlite with memory'] })
