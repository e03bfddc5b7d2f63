import type { Job } from './job.ts'

/** Where jobs wait for something that is in use, and those behind them, so that nobody is overtaken. */
export class Parking {
  #parked: Job[] = []
  /** For each name of a parked job, the order of the first one. */
  readonly #names = new Map<string, number>()

  /** How many jobs are parked. */
  get count(): number {
    return this.#parked.length
  }

  /** Whether a parked job came before this one and shares a name with it. */
  isBehind({ names, order }: Job): boolean {
    return this.#parked.length > 0 && names.some((name) => (this.#names.get(name) ?? Infinity) < order)
  }

  park(job: Job): void {
    this.#parked.push(job)
    for (const name of job.names) this.#names.set(name, Math.min(job.order, this.#names.get(name) ?? Infinity))
  }

  /** Parks the jobs that name something in use, or are behind a parked one; returns the others, in their order. */
  sift(jobs: readonly Job[], isInUse: (name: string) => boolean): Job[] {
    return jobs.filter((job) => {
      if (!job.names.some(isInUse) && !this.isBehind(job)) return true
      this.park(job)
      return false
    })
  }

  /** Takes all parked jobs, in the order in which they came. */
  take(): Job[] {
    // Parts of a batch that failed are parked after jobs that came later.
    const parked = this.#parked.sort((left, right) => left.order - right.order)
    this.#parked = []
    this.#names.clear()
    return parked
  }
}
