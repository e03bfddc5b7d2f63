import { execFileSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** An operating system user, as `spawn` takes it. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

let found: ServerUser | undefined

/**
 * The user that database servers must run as, because both refuse to run as root.
 *
 * @returns `nobody` when this process is root; undefined when it is not, and a server can run as the same user
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  found ??= { uid: idOf('-u'), gid: idOf('-g') }
  return found
}

function idOf(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
}

/**
 * Whether the server user can get at a file or folder: every folder above it must let others through.
 *
 * @param path an existing file or folder
 */
export function isReachable(path: string): boolean {
  if (serverUser() === undefined) return isExecutable(path)
  for (let at = path; ; at = dirname(at)) {
    // The bit that lets "others" enter a folder or run a file; `nobody` is in no group that could help.
    if ((statSync(at).mode & constants.S_IXOTH) === 0) return false
    if (at === dirname(at)) return true
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
