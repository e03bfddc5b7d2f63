import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian keeps servers out of an ordinary user's PATH; Homebrew and the vendor's packages have places of their own. */
const placesBesidePath = [
  '/usr/sbin',
  '/usr/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/libexec',
  '/opt/homebrew/bin',
]

/**
 * Where a server's program lies on this machine.
 *
 * @param {string} program such as `mariadbd`
 * @returns {string | undefined} its full path, or undefined where it is not installed
 */
export function findProgram(program) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...placesBesidePath]
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
