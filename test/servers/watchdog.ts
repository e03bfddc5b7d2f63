import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the watchdog is told, one JSON value per line. */
export type WatchdogOrder =
  | { readonly watchProcess: number; readonly endWith: NodeJS.Signals }
  | { readonly forgetProcess: number }
  | { readonly watchFolder: string }
  | { readonly forgetFolder: string }

let orders: NodeJS.WritableStream | undefined

/**
 * Tells this process's watchdog what to clear away should this process die without doing so itself, even by SIGKILL.
 *
 * The watchdog is a process of its own, started with the first order; it sees the death of its owner because the
 * pipe between them closes. It then ends the processes, waits for them and deletes the folders.
 *
 * @param order what to watch, or no longer
 */
export function tellWatchdog(order: WatchdogOrder): void {
  orders ??= startWatchdog()
  orders.write(`${JSON.stringify(order)}\n`)
}

function startWatchdog(): NodeJS.WritableStream {
  const script = fileURLToPath(new URL('watchdog-process.ts', import.meta.url))
  // Detached: an interrupt from the terminal goes to the owner's whole process group, which must not include it.
  const watchdog = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' })
  watchdog.unref()
  // A watchdog that is gone can't be told anything; the servers are still stopped by whoever started them.
  watchdog.stdin.on('error', () => undefined)
  if ('unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') watchdog.stdin.unref()
  return watchdog.stdin
}
