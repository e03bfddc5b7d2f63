import {
  CacheMismatchError,
  CacheUnavailableError,
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DriverMissingError,
  LockTimeoutError,
  OutcomeUnknownError,
  QueueFullError,
  UnsupportedCacheError,
} from '../errors.ts'
import type { PreparedDeal } from '../model/deal.ts'
import type { BatchAnswer, LockWait, Settlement } from '../storage/contract.ts'
import { Detours } from './detours.ts'
import { namesOf, workOf, type Job } from './job.ts'
import { Parking } from './parking.ts'
import { Queue } from './queue.ts'
import { backOff, isPassing } from './retry.ts'
import { traced, traces, type BatchTrace } from './trace.ts'

// A conflict that outlasted all retries of a batch isn't chance: its parts need only enough of them to find the deal that meets it.
const retriesOfPartsMax = 3

// The root of a batch of 1,024: parts of that size are tried one by one.
const singlesMax = 32

// No single deal is to blame for these, so the parts of a batch would fail like the whole.
const everybodysErrors = [
  OutcomeUnknownError,
  ConnectionLostError,
  CacheUnavailableError,
  CacheMismatchError,
  UnsupportedCacheError,
  DriverMissingError,
] as const

/** How deals are batched. */
export interface BatchOptions {
  /** Most deals in one database transaction, from 1; 512 unless said otherwise. More gains little and makes everybody's answer later. */
  readonly dealsMax?: number
  /** Most bytes of one batch, from 1; 4 MiB unless said otherwise, a quarter of the packet that MariaDB takes. */
  readonly bytesMax?: number
  /** Most deals that wait, from 1; 65,536 unless said otherwise. */
  readonly queueMax?: number
  /** What a deal gets that finds the queue full: `refuse` (the default) throws `QueueFullError`, `wait` lets the caller wait for room. */
  readonly whenFull?: 'refuse' | 'wait'
  /**
   * Most batches under way at once, from 1 to 2; 2 unless said otherwise. A second one begins where 128 changes or more wait that have nothing to do
   * with the first, of serials half as many. With 1, no deal is done while an earlier one of another account may still fail.
   */
  readonly inFlightMax?: number
}

/** What a lane needs to know. */
export interface LaneSettings extends Required<BatchOptions> {
  /** How often a batch is tried again after a conflict or a lost connection. */
  readonly retriesMax: number
  /** How much work must wait for a second batch to begin; a deal with one change of a tally is 1. */
  readonly secondMin: number
  /** How many detours may be under way at once; each holds a connection. */
  readonly detoursMax: number
  /** Whether accounts that somebody else holds are left out at first, or waited for at once. */
  readonly firstWait: LockWait
}

/** Settles deals in one database transaction. */
export type Settle = (deals: readonly PreparedDeal[], wait: LockWait) => Promise<BatchAnswer>

/**
 * The queue in front of one database. One batch is in flight at a time, without waiting to fill it: whatever arrived meanwhile is the
 * next one, and a lone caller waits for nobody. Where many deals wait there are two, so that this process and the database work at the same time;
 * no account, key or serial is in both.
 *
 * First come is first served for every account: its deals are settled in the order in which they came. Where somebody else holds an
 * account, its deals take a detour, a transaction of their own that waits, while all others go on.
 */
export class Lane {
  readonly #settle: Settle
  readonly #settings: LaneSettings
  readonly #queue = new Queue<Job>(({ work }) => work)
  readonly #detours: Detours
  /** The batches in flight, and the jobs that share a name with them. */
  readonly #inFlight = new Set<readonly Job[]>()
  readonly #parking = new Parking()
  #submitted = 0
  #isStarting = false
  #isClosed = false
  readonly #roomWaiting = new Queue<() => void>()
  #idleWaiting: (() => void)[] = []

  constructor(settle: Settle, settings: LaneSettings) {
    this.#settle = settle
    this.#settings = settings
    this.#detours = new Detours(
      settings.detoursMax,
      async (jobs) => {
        await this.#run(jobs, 'wait')
      },
      (jobs) => {
        this.#goOn(jobs)
      },
    )
  }

  /** How many deals wait to be put into a batch. */
  get waiting(): number {
    return this.#queue.size + this.#parking.count + this.#detours.parkedCount
  }

  /**
   * Settles a deal together with those that come at the same time.
   *
   * @throws QueueFullError, ClosedError, and what `Storage.settle` throws, for this deal alone
   */
  async submit(deal: PreparedDeal): Promise<Settlement> {
    const { queueMax, whenFull } = this.#settings
    while (this.waiting >= queueMax && !this.#isClosed) {
      if (whenFull === 'refuse') throw new QueueFullError({ waiting: this.waiting, queueMax })
      await new Promise<void>((resolve) => {
        this.#roomWaiting.push(resolve)
      })
    }
    if (this.#isClosed) throw new ClosedError()
    return new Promise((resolve, reject) => {
      this.#submitted += 1
      this.#queue.push({ deal, names: namesOf(deal), work: workOf(deal), order: this.#submitted, resolve, reject })
      this.#start()
    })
  }

  /** Waits until every deal that was submitted has its answer. */
  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => {
      this.#idleWaiting.push(resolve)
    })
  }

  /** Takes no more deals and waits for those under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#makeRoom(Infinity)
    await this.idle()
  }

  get #isIdle(): boolean {
    return !this.#isStarting && this.#inFlight.size === 0 && this.#queue.size === 0 && this.#detours.isIdle
  }

  /** Whether there is reason for a batch, beside the one that may be in flight. */
  get #isDue(): boolean {
    if (this.#inFlight.size === 0) return this.#queue.size > 0
    const { inFlightMax, secondMin, dealsMax } = this.#settings
    return this.#inFlight.size < inFlightMax && this.#queue.weight >= secondMin && this.#parking.count < dealsMax
  }

  #start(): void {
    if (this.#isStarting || !this.#isDue) return
    this.#isStarting = true
    // At the end of this turn of the event loop, so that all deals of the same moment make one batch.
    setImmediate(() => {
      this.#isStarting = false
      this.#begin()
      this.#goOn([])
    })
  }

  /** Begins a batch, or two where so many deals wait that there is one for each. */
  #begin(): void {
    const { inFlightMax, secondMin, dealsMax } = this.#settings
    if (this.#inFlight.size > 0) {
      const inUse = new Set([...this.#inFlight].flatMap((jobs) => jobs.flatMap(({ names }) => names)))
      void this.#carry(this.#parking.sift(this.#next(dealsMax), (name) => inUse.has(name)))
      return
    }
    const isEnough = inFlightMax > 1 && this.#queue.weight >= 2 * secondMin
    const first = this.#next(isEnough ? Math.ceil(this.#queue.size / 2) : dealsMax)
    const second = isEnough ? this.#apart(first, this.#next(dealsMax)) : []
    void this.#carry(first)
    void this.#carry(second)
  }

  /** Settles a batch, and goes on with what waited for it. */
  async #carry(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return
    this.#inFlight.add(jobs)
    await this.#run(jobs, this.#settings.firstWait)
    this.#inFlight.delete(jobs)
    this.#goOn(this.#parking.take())
  }

  /** Goes on when something is over, with the jobs that waited for it. */
  #goOn(jobs: readonly Job[]): void {
    this.#putBack(jobs)
    if (this.#isDue) this.#start()
    else this.#tellIdle()
  }

  /** Puts jobs back into the queue, in their order, behind those that came before them and were put back already. */
  #putBack(jobs: readonly Job[]): void {
    const last = jobs.at(-1)
    if (last === undefined) return
    const front = [...jobs]
    for (let job = this.#queue.peek(); job !== undefined && job.order < last.order; job = this.#queue.peek()) {
      this.#queue.shift()
      front.push(job)
    }
    this.#queue.unshift(front.sort((left, right) => left.order - right.order))
  }

  /** Takes the next jobs off the queue that no detour stands in the way of. */
  #next(most: number): Job[] {
    const taken = this.#take(Math.min(most, this.#settings.dealsMax))
    this.#makeRoom(taken.length)
    return this.#detours.sift(taken)
  }

  /** Of the jobs after the first batch, those that a second one can have; what shares a name with the first goes along with it. */
  #apart(first: Job[], jobs: readonly Job[]): Job[] {
    const { dealsMax, bytesMax } = this.#settings
    const inFirst = new Set(first.flatMap(({ names }) => names))
    const inSecond = new Set<string>()
    let bytes = first.reduce((sum, { deal }) => sum + deal.bytes, 0)
    return jobs.filter((job) => {
      const isOfFirst = job.names.some((name) => inFirst.has(name))
      const isOfSecond = job.names.some((name) => inSecond.has(name))
      const isTooMuch = isOfFirst && (first.length >= dealsMax || bytes + job.deal.bytes > bytesMax)
      if ((isOfFirst && isOfSecond) || isTooMuch || this.#parking.isBehind(job)) {
        this.#parking.park(job)
        return false
      }
      for (const name of job.names) (isOfFirst ? inFirst : inSecond).add(name)
      if (!isOfFirst) return true
      first.push(job)
      bytes += job.deal.bytes
      return false
    })
  }

  /** Takes as many deals off the queue as make a batch, and no more than `most`. */
  #take(most: number): Job[] {
    const { bytesMax } = this.#settings
    const taken: Job[] = []
    let bytes = 0
    for (let job = this.#queue.peek(); job !== undefined && taken.length < most; job = this.#queue.peek()) {
      if (taken.length > 0 && bytes + job.deal.bytes > bytesMax) break
      this.#queue.shift()
      bytes += job.deal.bytes
      taken.push(job)
    }
    return taken
  }

  /**
   * Settles jobs in one database transaction and answers them, whatever happens.
   *
   * @returns those that have no answer yet, because they wait for something
   */
  async #run(jobs: readonly Job[], wait: LockWait, retriesMax = this.#settings.retriesMax): Promise<readonly Job[]> {
    const facts: BatchTrace = {
      deals: jobs.length,
      waiting: this.waiting,
      isDetour: wait === 'wait' && this.#settings.firstWait === 'skip',
      retries: 0,
      refused: 0,
      skipped: 0,
    }
    try {
      const { settlements } = await traced(traces.batch, facts, () => this.#persist(jobs, wait, retriesMax, facts))
      const skipped: Job[] = []
      for (const [index, job] of jobs.entries()) {
        const settlement = settlements[index]
        if (settlement) job.resolve(settlement)
        else skipped.push(job)
      }
      if (skipped.length > 0) this.#detours.send(skipped)
      return skipped
    } catch (error) {
      return await this.#isolate(jobs, wait, retriesMax, error)
    }
  }

  /** Settles jobs, again after faults that pass. */
  async #persist(jobs: readonly Job[], wait: LockWait, retriesMax: number, facts: BatchTrace): Promise<BatchAnswer> {
    const deals = jobs.map((job) => job.deal)
    for (;;) {
      try {
        const answer = await this.#settle(deals, wait)
        for (const settlement of answer.settlements) {
          if (settlement === null) facts.skipped += 1
          else if ('refusal' in settlement) facts.refused += 1
        }
        return answer
      } catch (error) {
        if (!isPassing(error) || facts.retries >= retriesMax) throw error
        facts.retries += 1
        await backOff(facts.retries)
      }
    }
  }

  /**
   * A batch failed as a whole. One deal may be to blame, so parts are tried, down to the single deal, which gets the error.
   *
   * @returns those that have no answer yet, because they wait for something
   */
  async #isolate(jobs: readonly Job[], wait: LockWait, retriesMax: number, error: unknown): Promise<readonly Job[]> {
    const isHeldUp = error instanceof LockTimeoutError
    if (isHeldUp && wait === 'skip' && jobs.length === 1) {
      this.#detours.send(jobs)
      return jobs
    }
    // Trying parts helps where the database refused something, or where one of them alone is held up or runs into conflicts.
    if (jobs.length === 1 || everybodysErrors.some((kind) => error instanceof kind) || (isHeldUp && wait === 'wait')) {
      for (const job of jobs) job.reject(error)
      return []
    }
    const retries = error instanceof ConflictError ? Math.min(retriesMax, retriesOfPartsMax) : retriesMax
    const size = partSize(jobs.length)
    const left: Job[] = []
    const leftNames = new Set<string>()
    const leave = (some: readonly Job[]): void => {
      left.push(...some)
      for (const job of some) for (const name of job.names) leftNames.add(name)
    }
    for (let start = 0; start < jobs.length; start += size) {
      const free = jobs.slice(start, start + size).filter((job) => {
        if (!job.names.some((name) => leftNames.has(name))) return true
        // What it would overtake may be on a detour, or behind one, or back already; in the queue it comes after that.
        this.#putBack([job])
        leave([job])
        return false
      })
      if (free.length > 0) leave(await this.#run(free, wait, retries))
    }
    return left
  }

  #makeRoom(places: number): void {
    for (let place = 0; place < places; place += 1) {
      const enter = this.#roomWaiting.shift()
      if (enter === undefined) return
      enter()
    }
  }

  #tellIdle(): void {
    if (!this.#isIdle) return
    const waiting = this.#idleWaiting
    this.#idleWaiting = []
    for (const tell of waiting) tell()
  }
}

/**
 * How many jobs of a batch that failed are tried together. Every part with a culprit in it may stand still until a lock times out, and the
 * whole lane with it; so there are two steps to the single job, whatever the size, and not as many as halving takes.
 */
function partSize(jobs: number): number {
  return jobs <= singlesMax ? 1 : Math.ceil(Math.sqrt(jobs))
}
