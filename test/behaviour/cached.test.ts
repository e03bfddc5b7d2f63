import { runSuites } from './run-suites.ts'

// What a cache needs of a storage is asked of a storage without one.
const suitesOfStorages = ['whole accounts', 'bulk changes', 'notes about the cache', 'list of changes']

runSuites('alone', { isCached: true, suitesLeftOut: suitesOfStorages })
