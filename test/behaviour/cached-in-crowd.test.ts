import { runSuites } from './run-suites.ts'

runSuites('crowd', { isCached: true, backends: ['mariadb with memcached'] })
