import process from 'node:process'
import { vi } from 'vitest'
import type { Cache } from '../../src/cache/contract.ts'
import { memoryCache } from '../../src/cache/memory/index.ts'
import { toCacheSettings } from '../../src/cache/options.ts'
import { Stockpile } from '../../src/stockpile.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { Checker, Violation } from './checker.ts'
import { Database } from './database.ts'
import { Life, type Point } from './life.ts'
import { NamedCache, type CacheServer, type Nack } from './named-cache.ts'
import { NamedStorage, type UsedStorage } from './named-storage.ts'
import { app, operate, read, write, type Process } from './operate.ts'
import { waitMs, type Plan, type Weather } from './plan.ts'
import type { Schedule } from './schedule.ts'

/** How a process is tied to its cache and its database; a mutant ties it otherwise. */
export interface Wiring {
  readonly cache?: (cache: Cache) => Cache
  readonly storage?: (storage: UsedStorage, cache: Cache) => UsedStorage
}

// A chain of the code's own turns of the event loop, from one named step to the next, is shorter than this.
const turnsMax = 5

// Far longer than anybody waits before another try.
const conflictNs = 20_000_000_000n

// No plan has a tenth of these.
const stepsMax = 5_000

/** All that is shared, and the processes. */
class World {
  readonly checker = new Checker()
  readonly database = new Database(
    (commit) => this.checker.committed(commit),
    (change) => this.checker.relayed(change),
  )
  readonly server: CacheServer
  readonly #plan: Plan
  readonly #wiring: Wiring
  #number = 0

  constructor(plan: Plan, wiring: Wiring) {
    this.#plan = plan
    this.#wiring = wiring
    this.server = { current: this.newCache(), keys: new Set() }
  }

  newCache(): Cache {
    // Nothing ends by itself: that is an eviction, whenever it comes.
    return memoryCache({ ...this.#plan.options, elapsedMs: () => 0 })
  }

  process(life: Life, nacks: readonly (Nack | null)[] = []): Process {
    const { options } = this.#plan
    const own = new NamedCache(this.server, life, toCacheSettings({ ...options, relayMs: 0 }), nacks)
    const storage = new NamedStorage(this.database, life)
    const cache = this.#wiring.cache?.(own) ?? own
    const tied = this.#wiring.storage?.(storage, cache) ?? storage
    const stockpile = new Stockpile({ storage: tied as unknown as Storage, cache, clock: () => 0 })
    return { life, stockpile, storage, checker: this.checker, next: () => (this.#number += 1) }
  }

  /** Takes away what lies under a key. */
  async evict(which: number): Promise<void> {
    const keys = [...this.server.keys]
    if (keys.length > 0) await this.server.current.remove([keys[which % keys.length]!])
  }
}

/**
 * Runs a plan in the order that a schedule gives it, judges all answers, and, when all is quiet, what is left.
 *
 * @returns the steps that each process took
 * @throws Violation, and whatever should not have been thrown
 */
export async function runPlan(plan: Plan, schedule: Schedule, wiring: Wiring = {}): Promise<(readonly Point[])[]> {
  const world = new World(plan, wiring)
  await prepare(world, plan.start)
  const processes = plan.processes.map(({ death, nacks }, at) => {
    const { hasSparePoints } = plan
    return world.process(new Life(`process ${at + 1}`, schedule, { death, hasSparePoints }), nacks)
  })
  const work = plan.processes.flatMap(({ clients }, at) =>
    clients.map(async (operations) => {
      for (const operation of operations) await operate(processes[at]!, operation)
    }),
  )
  const open = new Map(
    work.map((one, at) => [one, plan.processes.flatMap(({ clients }, of) => clients.map(() => of))[at]!]),
  )
  let failure: { readonly error: unknown } | null = null
  for (const one of work) {
    void one.then(
      () => open.delete(one),
      (error: unknown) => {
        failure ??= { error }
        open.delete(one)
      },
    )
  }
  void blow(world, plan.weather, schedule)
  const isAtWork = (): boolean => [...open.values()].some((of) => !processes[of]!.life.isDead)
  const hasFailed = (): boolean => failure !== null
  await pump(schedule, processes, () => hasFailed() || !isAtWork())
  if (failure !== null) throw (failure as { error: Error }).error
  // What nobody waits for goes on until it is done.
  await pump(schedule, processes, () => schedule.count === 0)
  vi.clearAllTimers()
  await judgeTheEnd(world, processes, schedule)
  return processes.map(({ life }) => life.steps)
}

async function prepare(world: World, start: Plan['start']): Promise<void> {
  const first = world.process(new Life('the first', null))
  if (start !== 'empty') await write(first, ['1', '2'], 'tally')
  if (start === 'cached') await Promise.all(['1', '2'].map((user) => read(first, user)))
  else await first.stockpile.relay()
  await quiet([])
}

/** In the end, the database and whoever can still read agree, and what was changed past the cache is seen to. */
async function judgeTheEnd(world: World, processes: readonly Process[], schedule: Schedule): Promise<void> {
  const last = world.process(new Life('the last', null))
  await last.stockpile.relay()
  if (world.database.changes.length > 0) throw new Violation('lost: changes past the cache are left')
  for (const user of ['1', '2']) {
    const version = world.database.committed.accounts.get(JSON.stringify([app, user]))?.version ?? 0n
    if (version > 0n) world.checker.acknowledged({ app, user }, version)
  }
  const readers = [last, ...processes.filter(({ life }) => !life.isDead)]
  for (const reader of readers) {
    reader.life.survive()
    let isDone = false
    const reads = Promise.all(['1', '2'].map((user) => read(reader, user))).finally(() => (isDone = true))
    await Promise.all([reads, pump(schedule, [reader], () => isDone)])
  }
  vi.clearAllTimers()
}

async function blow(world: World, weather: readonly Weather[], schedule: Schedule): Promise<void> {
  for (const { after, does, which } of weather) {
    for (let calm = 0; calm < after; calm += 1) await schedule.step('weather', 'calm')
    await schedule.step('weather', does)
    if (does === 'evict') await world.evict(which)
    else if (does === 'restart') world.server.current = world.newCache()
    else vi.advanceTimersByTime(2)
  }
}

/** Takes steps until that is enough; where there are none and everybody waits, time passes. */
async function pump(schedule: Schedule, processes: readonly Process[], isEnough: () => boolean): Promise<void> {
  let idle = 0
  for (let steps = 0; steps < stepsMax; steps += 1) {
    await quiet(processes)
    if (isEnough()) return
    idle = schedule.count > 0 ? 0 : idle + 1
    if (idle === 0) await schedule.takeOne()
    else if (idle <= 10) vi.advanceTimersByTime(waitMs / 5)
    else await soon(() => schedule.count > 0 || isEnough())
  }
  throw new Error(`there is no end after ${stepsMax} steps`)
}

/** Waits for whoever tries again after a conflict, a random time later. */
async function soon(isThere: () => boolean): Promise<void> {
  const end = process.hrtime.bigint() + conflictNs
  while (!isThere()) {
    if (process.hrtime.bigint() > end) throw new Error('everybody waits for somebody')
    await new Promise(setImmediate)
  }
}

/** Waits until nobody can go on without the schedule. */
async function quiet(processes: readonly Process[]): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn += 1) await new Promise(setImmediate)
  while (processes.some(({ life }) => life.isBackingOff)) await new Promise(setImmediate)
}
