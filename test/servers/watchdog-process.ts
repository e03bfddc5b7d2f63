import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive, signal } from './processes.ts'
import type { WatchdogOrder } from './watchdog.ts'

// The program behind `tellWatchdog`: see there.

const graceMs = 8_000
const pollMs = 20

const processes = new Map<number, NodeJS.Signals>()
const folders = new Set<string>()

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as WatchdogOrder
  if ('watchProcess' in order) processes.set(order.watchProcess, order.endWith)
  else if ('forgetProcess' in order) processes.delete(order.forgetProcess)
  else if ('watchFolder' in order) folders.add(order.watchFolder)
  else folders.delete(order.forgetFolder)
}

// The pipe is closed: the owner is gone, whatever ended it.
for (const [pid, name] of processes) signal(pid, name)
const deadline = Date.now() + graceMs
while (Date.now() < deadline && [...processes.keys()].some(isAlive)) await pause(pollMs)
for (const pid of processes.keys()) signal(pid, 'SIGKILL')
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
