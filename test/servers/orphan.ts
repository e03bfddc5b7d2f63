import { startMariaDb } from './mariadb.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

// Starts a server, says where it is, and waits to be killed: a program that is run by a test.

const start = [startMariaDb, startMemcached, startPostgres, startRedis].find(({ name }) => name === process.argv[2])
if (start === undefined) throw new Error(`there is no ${process.argv[2]}`)
const server = await start()
console.log(JSON.stringify({ pid: server.pid, folder: server.folder }))
setInterval(() => undefined, 60_000)
