import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Whether a process with this id exists and has not ended.
 *
 * @param pid a process id
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists, and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return !isZombie(pid)
}

/**
 * The ids of the processes that a process has started and that still belong to it.
 *
 * @param pid a process id
 * @returns none where there is no such process
 */
export function childrenOf(pid: number): number[] {
  return process.platform === 'linux'
    ? numbersIn(textOf(`/proc/${pid}/task/${pid}/children`))
    : numbersIn(outputOf('pgrep', ['-P', String(pid)]))
}

/**
 * The command line of a process.
 *
 * @param pid a process id
 * @returns nothing where there is no such process
 */
export function commandLineOf(pid: number): string {
  // A small Debian has /proc and no `ps`; macOS the other way round.
  return process.platform === 'linux'
    ? textOf(`/proc/${pid}/cmdline`)
    : outputOf('ps', ['-o', 'args=', '-ww', '-p', String(pid)])
}

/**
 * Sends a signal to a process; one that is gone already is fine.
 *
 * @param pid a process id
 */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Whether it has ended and only waits for its parent to take notice, which in a container can take seconds. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  // "pid (name) state ...", where the name may hold blanks and brackets of its own.
  const stat = textOf(`/proc/${pid}/stat`)
  return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z'
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function outputOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8' })
  } catch {
    return ''
  }
}
