import { startMariaDb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'

// Starts a server, says where it is, and waits to be killed: a program that is run by a test.

const server = process.argv[2] === startMariaDb.name ? await startMariaDb() : await startPostgres()
console.log(JSON.stringify({ pid: server.pid, folder: server.folder }))
setInterval(() => undefined, 60_000)
