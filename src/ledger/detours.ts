import { accountsOf } from './batch.ts'
import type { Job } from './job.ts'

/**
 * The side lanes: where deals wait for accounts that somebody else's transaction holds, while all other deals go on.
 *
 * Deals that come later and name an account of a detour are parked until it ends, so that nobody is overtaken.
 */
export class Detours {
  readonly #detoursMax: number
  readonly #run: (jobs: readonly Job[]) => Promise<void>
  readonly #unpark: (jobs: readonly Job[]) => void
  /** Accounts of the detours under way and of those that wait for a connection. */
  readonly #busy = new Set<string>()
  readonly #waiting: Job[][] = []
  #underWay = 0
  #parked: Job[] = []
  /** For each account of a parked job, the place of the first one. */
  readonly #parkedAccounts = new Map<string, number>()

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
    return this.#parked.length
  }

  /** Whether there is no detour and nothing parked. */
  get isIdle(): boolean {
    return this.#busy.size === 0
  }

  /** Parks the jobs that name an account of a detour, or of a parked job that came before them; returns the others, in their order. */
  sift(jobs: readonly Job[]): Job[] {
    if (this.#busy.size === 0) return [...jobs]
    return jobs.filter((job) => {
      const accounts = accountsOf(job.deal.changes)
      const isBehind = (account: string): boolean => (this.#parkedAccounts.get(account) ?? Infinity) < job.order
      if (!accounts.some((account) => this.#busy.has(account) || isBehind(account))) return true
      this.#parked.push(job)
      for (const account of accounts) {
        this.#parkedAccounts.set(account, Math.min(job.order, this.#parkedAccounts.get(account) ?? Infinity))
      }
      return false
    })
  }

  /** Sends jobs on detours: those that share accounts, directly or through others, go together and in their order. */
  send(jobs: readonly Job[]): void {
    for (const group of groupsOf(jobs)) {
      for (const job of group) for (const account of accountsOf(job.deal.changes)) this.#busy.add(account)
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
    for (const job of group) for (const account of accountsOf(job.deal.changes)) this.#busy.delete(account)
    // Halves of a batch that failed are parked after jobs that came later.
    const parked = this.#parked.sort((left, right) => left.order - right.order)
    this.#parked = []
    this.#parkedAccounts.clear()
    this.#startNext()
    this.#unpark(parked)
  }
}

/** Splits jobs into groups that have no account in common, each in the jobs' order. */
function groupsOf(jobs: readonly Job[]): Job[][] {
  let groups: { accounts: Set<string>; jobs: Job[] }[] = []
  for (const job of jobs) {
    const accounts = accountsOf(job.deal.changes)
    const touched = groups.filter((group) => accounts.some((account) => group.accounts.has(account)))
    const merged = {
      accounts: new Set([...touched.flatMap((group) => [...group.accounts]), ...accounts]),
      jobs: [...touched.flatMap((group) => group.jobs), job],
    }
    groups = [...groups.filter((group) => !touched.includes(group)), merged]
  }
  const place = new Map(jobs.map((job, index) => [job, index]))
  return groups.map((group) => group.jobs.sort((left, right) => place.get(left)! - place.get(right)!))
}
