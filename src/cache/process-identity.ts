import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'

/** Which process it is: its number alone is given again, and other containers have it too. */
export interface ProcessIdentity {
  readonly host: string
  readonly id: number
  /** The running system that counts from this number space; null where it can't be told. */
  readonly boot: string | null
  /** The space of process numbers, of which each container has its own; null where it can't be told. */
  readonly space: string | null
  /** When it began, as the system counts; null where it can't be told. */
  readonly began: string | null
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const boot = orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const space = orNull(() => readlinkSync('/proc/self/ns/pid'))
  return { host: hostname(), id: process.pid, boot, space, began: beganAt(process.pid) }
}

/** Whether a process is certain to have ended; of another machine's, or another container's, nobody knows. */
export function hasEnded(other: ProcessIdentity, own = ownIdentity()): boolean {
  if (other.host !== own.host || typeof other.boot !== typeof own.boot) return false
  if (other.boot !== own.boot) return true
  if (other.space !== own.space) return false
  if (!isRunning(other.id)) return true
  const began = beganAt(other.id)
  return began !== null && other.began !== null && began !== other.began
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** When a process began, in ticks since the system did. */
function beganAt(id: number): string | null {
  return orNull(() => {
    // The program's name stands in brackets and may hold anything; what is looked for is the 20th field behind it.
    const text = readFileSync(`/proc/${id}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  })
}

/** What is read, or null where the system has no such file. */
function orNull(read: () => string | null): string | null {
  try {
    return read()
  } catch {
    return null
  }
}
