import { once } from 'node:events'
import { connect } from 'node:net'
import { findProgram } from '../../scripts/find-program.mjs'
import { startServer } from './server.ts'
import type { Server, ServerOptions } from './server.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

/**
 * Starts a memcached server of our own, with the machine's `memcached`. It forgets everything when it ends.
 *
 * @param options `args` such as `['-m', '1']`
 * @throws Error where memcached isn't installed or doesn't start; nothing is left running then
 * @example
 * await using server = await startMemcached()
 * const cache = memcached(server.url)
 */
export async function startMemcached(options: Pick<ServerOptions, 'args'> = {}): Promise<Server> {
  const command = findProgram('memcached')
  if (command === undefined) throw new Error('memcached is not installed. On Debian: apt-get install memcached')
  const folder = await makeTempFolder('memcached')
  try {
    return await startServer({
      name: 'memcached',
      command,
      folder,
      args: (port) => ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-t', '2', ...(options.args ?? [])],
      url: (port) => `memcached://127.0.0.1:${port}`,
      ready: isAnsweredBy,
      portTakenText: 'Address already in use',
      shutdownSignal: 'SIGTERM',
      endSignal: 'SIGKILL',
    })
  } catch (error) {
    await removeTempFolder(folder)
    throw error
  }
}

/** Whether the process with this id answers on this port: while it starts, nothing does, or somebody else who has the port. */
async function isAnsweredBy(port: number, pid: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.end('stats\r\nquit\r\n')
    let answer = ''
    for await (const data of socket) answer += String(data)
    return answer.includes(`STAT pid ${pid}\r\n`)
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
