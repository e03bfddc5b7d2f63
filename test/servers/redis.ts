import { join } from 'node:path'
import { findProgram } from '../../scripts/find-program.mjs'
import { startServer } from './server.ts'
import type { Server, ServerOptions } from './server.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

/**
 * Starts a Redis server of our own, with the machine's `redis-server`. It writes nothing to the disk and forgets everything when it ends.
 *
 * @param options `args` such as `['--maxmemory', '4mb']`
 * @throws Error where Redis isn't installed or doesn't start; nothing is left running then
 * @example
 * await using server = await startRedis()
 * const cache = redis(server.url)
 */
export async function startRedis(options: Pick<ServerOptions, 'args'> = {}): Promise<Server> {
  const command = findProgram('redis-server')
  if (command === undefined) throw new Error('redis-server is not installed. On Debian: apt-get install redis-server')
  const folder = await makeTempFolder('redis')
  try {
    return await startServer({
      name: 'Redis',
      command,
      folder,
      args: (port) => serverArgs(folder, port, options),
      url: (port) => `redis://127.0.0.1:${port}`,
      ready: 'Ready to accept connections',
      portTakenText: 'Address already in use',
      shutdownSignal: 'SIGTERM',
      endSignal: 'SIGKILL',
    })
  } catch (error) {
    await removeTempFolder(folder)
    throw error
  }
}

function serverArgs(folder: string, port: number, options: Pick<ServerOptions, 'args'>): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    pidfile: join(folder, 'server.pid'),
    daemonize: 'no',
    save: '',
    appendonly: 'no',
  }
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...(options.args ?? [])]
}
