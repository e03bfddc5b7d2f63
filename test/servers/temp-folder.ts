import { chown, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLineOf, isAlive, signal } from './processes.ts'
import { isReachable, serverUser } from './server-user.ts'
import { tellWatchdog } from './watchdog.ts'

const namePattern = /^stockpile-(?<owner>\d+)-/

let swept: Promise<void> | undefined

/**
 * A new empty folder that belongs to the user the servers run as and does not outlive this process.
 *
 * Its name holds this process's id, so that folders of a process that died together with its watchdog are recognised
 * and deleted, with the servers in them, by the next process that makes one.
 *
 * @param purpose a word for its name, such as `mariadb`
 * @returns its full path
 */
export async function makeTempFolder(purpose: string): Promise<string> {
  const parent = await folderForTemp()
  swept ??= sweepStale(parent)
  await swept
  const folder = await mkdtemp(join(parent, `stockpile-${process.pid}-${purpose}-`))
  tellWatchdog({ watchFolder: folder })
  const user = serverUser()
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  return folder
}

/**
 * Deletes a folder made by {@link makeTempFolder}, with everything in it.
 *
 * @param folder its full path; one that is gone already is fine
 */
export async function removeTempFolder(folder: string): Promise<void> {
  // A server's children may write for a moment after the server was killed: try again for up to five seconds.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 })
  tellWatchdog({ forgetFolder: folder })
}

async function folderForTemp(): Promise<string> {
  const usual = await realpath(tmpdir())
  return isReachable(usual) ? usual : '/tmp'
}

async function sweepStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = namePattern.exec(name)?.groups?.['owner']
    if (owner === undefined || isAlive(Number(owner))) continue
    const folder = join(parent, name)
    await killServersIn(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 })
  }
}

async function killServersIn(folder: string): Promise<void> {
  for (const pidFile of [join(folder, 'server.pid'), join(folder, 'data', 'postmaster.pid')]) {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10)
    // The id may have gone to another process since: only one whose command line names the folder is that server.
    if (pid > 0 && isAlive(pid) && commandLineOf(pid).includes(folder)) signal(pid, 'SIGKILL')
  }
}
