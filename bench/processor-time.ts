import { readdirSync, readFileSync } from 'node:fs'

// Linux counts in hundredths of a second whatever its own clock is.
const ticksPerSecond = 100

/** Processor time used so far, in milliseconds. */
export interface ProcessorTime {
  /** This whole process: JavaScript, garbage collection, worker threads. */
  readonly node: number
  /** Of that, the thread that runs the event loop. */
  readonly thread: number
  /** The server: its main process and all of that one's children. NaN where the system can't tell. */
  readonly server: number
  /** Likewise the cache's server. */
  readonly cache: number
}

/**
 * Reads how much processor time was used so far.
 *
 * @param serverPid the server's main process, or null where there is none
 * @param cachePid likewise of the cache's server
 */
export function processorTime(serverPid: number | null, cachePid: number | null): ProcessorTime {
  const node = process.cpuUsage()
  const thread = process.threadCpuUsage()
  return {
    node: (node.user + node.system) / 1000,
    thread: (thread.user + thread.system) / 1000,
    server: serverPid === null ? 0 : serverTime(serverPid),
    cache: cachePid === null ? 0 : serverTime(cachePid),
  }
}

function serverTime(pid: number): number {
  const own = timesOf(String(pid))
  if (own === undefined) return Number.NaN
  let ticks = own.used + own.usedByEnded
  if (!own.isThreaded) {
    // PostgreSQL has a process for every connection.
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const times = timesOf(name)
      if (times?.parent === pid) ticks += times.used
    }
  }
  return (ticks * 1000) / ticksPerSecond
}

function timesOf(pid: string): { parent: number; used: number; usedByEnded: number; isThreaded: boolean } | undefined {
  let text
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field, the program's name in parentheses, may hold blanks; the third is the first behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    parent: field(4),
    used: field(14) + field(15),
    usedByEnded: field(16) + field(17),
    isThreaded: field(20) > 1,
  }
}
