import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type as systemType } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** What the figures were made on. */
export interface Machine {
  readonly date: string
  readonly stockpile: string
  readonly node: string
  readonly drivers: Readonly<Record<string, string>>
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryGib: number
  /** How many other processes wanted to run just before: from about 1 upwards the figures suffer, and only ratios are worth anything. */
  readonly loadBefore: number
}

/** Describes this machine and what runs on it. */
export function machine(): Machine {
  const { version, devDependencies } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'),
  ) as { version: string; devDependencies: Record<string, string> }
  const drivers = [
    'better-sqlite3',
    'mariadb',
    'pg',
    'redis',
    'cache-manager',
    'keyv',
    '@keyv/redis',
    'bentocache',
  ].map((name) => [name, devDependencies[name] ?? ''])
  return {
    date: new Date().toISOString().slice(0, 10),
    stockpile: version,
    node: process.version,
    drivers: Object.fromEntries(drivers) as Record<string, string>,
    system: `${systemType()} ${release()} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
  }
}
