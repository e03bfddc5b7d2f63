import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/find-program.mjs'
import { fillDataFolder } from './data-template.ts'
import { serverUser } from './server-user.ts'
import { serverEnvironment, startServer } from './server.ts'
import type { Server, ServerOptions } from './server.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

const run = promisify(execFile)

// One statement per line: that is how the server reads its first statements. It runs them at every start.
const firstStatements = `
CREATE DATABASE IF NOT EXISTS test;
CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';
ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY 'secret';
ALTER USER 'root'@'localhost' IDENTIFIED BY 'secret';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
`.trimStart()

const fastArgs = [
  // Written to the operating system at every commit, so a killed server loses nothing, but never forced to the disk.
  '--innodb-flush-log-at-trx-commit=2',
  '--loose-innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=32M',
]

const durableArgs = [
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-buffer-pool-size=256M',
  '--innodb-log-file-size=256M',
]

/**
 * Starts a MariaDB server of our own, with the machine's `mariadbd`.
 *
 * @returns the server; its user is `root`, its password `secret`
 * @throws Error where MariaDB isn't installed or doesn't start; nothing is left running then
 * @example
 * await using server = await startMariaDb()
 * const connection = await mariadb.createConnection(server.url)
 */
export async function startMariaDb(options: ServerOptions = {}): Promise<Server> {
  const command = programOf('mariadbd')
  const folder = await makeTempFolder('mariadb')
  try {
    await prepareFolder(folder, command)
    return await startServer({
      name: 'MariaDB',
      command,
      folder,
      args: (port) => serverArgs(folder, port, options),
      url: (port) => `mysql://root:secret@127.0.0.1:${port}/test`,
      ready: 'ready for connections',
      portTakenText: "Can't start server: Bind on TCP/IP port",
      predecessorText: 'Unable to lock ./ibdata1',
      shutdownSignal: 'SIGTERM',
      endSignal: 'SIGKILL',
    })
  } catch (error) {
    await removeTempFolder(folder)
    throw error
  }
}

function programOf(program: 'mariadbd' | 'mariadb-install-db'): string {
  const command = findProgram(program)
  if (command === undefined) {
    throw new Error(`MariaDB's ${program} is not installed. On Debian: apt-get install mariadb-server`)
  }
  return command
}

async function prepareFolder(folder: string, command: string): Promise<void> {
  const data = join(folder, 'data')
  const installArgs = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-name-resolve']
  const { stdout: version } = await run(command, ['--no-defaults', '--version'])
  await fillDataFolder(data, `${version} ${installArgs.join(' ')}`, async () => {
    const placeArgs = [`--datadir=${data}`, `--tmpdir=${folder}`, '--innodb-log-file-size=4M']
    await run(programOf('mariadb-install-db'), [...installArgs, '--skip-test-db', ...placeArgs], {
      ...serverUser(),
      cwd: folder,
      env: serverEnvironment(),
    })
  })
  await writeFile(join(folder, 'first.sql'), firstStatements)
}

function serverArgs(folder: string, port: number, options: ServerOptions): readonly string[] {
  return [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'server.pid')}`,
    `--init-file=${join(folder, 'first.sql')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--performance-schema=OFF',
    '--max-connections=300',
    ...(options.durable === true ? durableArgs : fastArgs),
    ...(options.args ?? []),
  ]
}
