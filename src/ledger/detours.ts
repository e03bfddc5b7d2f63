import type { Job } from './job.ts'
import { Parking } from './parking.ts'

/**
 * The side lanes: where deals wait for accounts that somebody else's transaction holds, while all other deals go on.
 *
 * Deals that come later and share a name with a detour are parked until it ends, so that nobody is overtaken.
 */
export class Detours {
  readonly #detoursMax: number
  readonly #run: (jobs: readonly Job[]) => Promise<void>
  readonly #unpark: (jobs: readonly Job[]) => void
  /** What the detours name that are under way or wait for a connection. */
  readonly #busy = new Set<string>()
  readonly #waiting: Job[][] = []
  #underWay = 0
  readonly #parking = new Parking()

  /**
   * @param detoursMax how many may be under way at once; each holds a connection
   * @param run settles jobs, waiting for their accounts, and answers them; never rejects
   * @param unpark takes parked jobs back, to be served before all others
   */
  constructor(
    detoursMax: number,
    run: (jobs: readonly Job[]) => Promise<void>,
    unpark: (jobs: readonly Job[]) => void,
  ) {
    this.#detoursMax = detoursMax
    this.#run = run
    this.#unpark = unpark
  }

  /** How many jobs are parked. */
  get parkedCount(): number {
    return this.#parking.count
  }

  /** Whether there is no detour and nothing parked. */
  get isIdle(): boolean {
    return this.#busy.size === 0
  }

  /** Parks the jobs that share a name with a detour, or with a parked job that came before them; returns the others, in their order. */
  sift(jobs: readonly Job[]): Job[] {
    if (this.#busy.size === 0) return [...jobs]
    return this.#parking.sift(jobs, (name) => this.#busy.has(name))
  }

  /** Sends jobs on detours: those that share names, directly or through others, go together and in their order. */
  send(jobs: readonly Job[]): void {
    for (const group of groupsOf(jobs)) {
      for (const job of group) for (const name of job.names) this.#busy.add(name)
      this.#waiting.push(group)
    }
    this.#startNext()
  }

  #startNext(): void {
    while (this.#underWay < this.#detoursMax) {
      const group = this.#waiting.shift()
      if (group === undefined) return
      this.#underWay += 1
      void this.#run(group).then(() => {
        this.#end(group)
      })
    }
  }

  #end(group: readonly Job[]): void {
    this.#underWay -= 1
    for (const job of group) for (const name of job.names) this.#busy.delete(name)
    const parked = this.#parking.take()
    this.#startNext()
    this.#unpark(parked)
  }
}

/** Splits jobs into groups that have no name in common, each in the jobs' order. */
function groupsOf(jobs: readonly Job[]): Job[][] {
  let groups: { names: Set<string>; jobs: Job[] }[] = []
  for (const job of jobs) {
    const touched = groups.filter((group) => job.names.some((name) => group.names.has(name)))
    const merged = {
      names: new Set([...touched.flatMap((group) => [...group.names]), ...job.names]),
      jobs: [...touched.flatMap((group) => group.jobs), job],
    }
    groups = [...groups.filter((group) => !touched.includes(group)), merged]
  }
  const place = new Map(jobs.map((job, index) => [job, index]))
  return groups.map((group) => group.jobs.sort((left, right) => place.get(left)! - place.get(right)!))
}
