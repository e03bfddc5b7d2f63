import { setTimeout as pause } from 'node:timers/promises'
import { CacheUnavailableError, Stockpile, type CacheOptions } from '../../index.ts'
import { openCache } from '../cache-url.ts'
import { openStorage } from '../storage-url.ts'
import { accounts, allAccounts, dealtAccounts, isByHand } from './accounts.ts'
import { openHand, type Hand } from './by-hand.ts'
import { Checker, type Verdict } from './checker.ts'
import { nowUs, type Job, type WorkerMessage } from './messages.ts'
import { points, type Doom } from './pauses.ts'
import { Random } from './random.ts'
import { statesOf } from './states.ts'
import { markStatement, readingOf, writeMark } from './stockpile-subject.ts'
import { stockpileProgram, WorkerProcess } from './worker-process.ts'

/** What a trial is. */
export interface Trial {
  readonly storage: string
  readonly cache: string
  readonly cacheOptions: CacheOptions
  readonly app: string
  readonly seed: number
  readonly processes: number
  /** It ends after so many reads, or so many seconds. */
  readonly readsMax: number
  readonly secondsMax: number
  readonly readers: number
  readonly writers: number
  /** Half of the processes are killed again and again, each after so many milliseconds at most; null for never. */
  readonly lifeMsMax: number | null
  /** The pause between two changes by hand, in milliseconds; null for none. */
  readonly byHandEveryMs: number | null
  /** How long after a change by hand the old state may be answered at most, in milliseconds. */
  readonly lateMsMax: number
  /** Is told now and then how far it is. */
  readonly onProgress?: (progress: { readonly reads: number; readonly seconds: number }) => void
  /** Ends it early, and it is judged all the same. */
  readonly signal?: AbortSignal
  /** The program of the workers where it isn't Stockpile that is on trial. */
  readonly program?: URL
}

/** What a trial came to. */
export interface ProofReport extends Verdict {
  readonly reads: number
  readonly seconds: number
  readonly processes: number
  readonly kills: number
  readonly handChanges: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** What was done, and what failed, by name. */
  readonly counts: Readonly<Record<string, number>>
  /** What the caches of all processes did that lived to the end. */
  readonly statistics: Readonly<Record<string, number>>
}

// What the beginning has on all accounts; the workers' marks are larger.
const firstMark = 1

const triesMax = 20

/** Holds a trial: several processes at the same few accounts, and a judge of everything that they are answered. */
export class Prover implements AsyncDisposable {
  readonly #trial: Trial
  readonly #random: Random
  readonly #stockpile: Stockpile
  readonly #checker = new Checker()
  readonly #counts: Record<string, number> = {}
  readonly #workers = new Set<WorkerProcess>()
  readonly #isCached: boolean
  #reads = 0
  #kills = 0
  #handChanges = 0
  #started = 0
  #isOver = false
  #failure: Error | null = null

  private constructor(trial: Trial, stockpile: Stockpile, isCached: boolean) {
    this.#trial = trial
    this.#random = new Random(trial.seed)
    this.#stockpile = stockpile
    this.#isCached = isCached
  }

  /** Makes the app and its accounts. */
  static async open(trial: Trial): Promise<Prover> {
    const { storage, cache, cacheOptions, program } = trial
    // A cache in a worker's memory is its own; and where something else is on trial, Stockpile only keeps the books.
    const isCached = program === undefined && !cache.startsWith('memory:')
    const stockpile = new Stockpile({
      storage: await openStorage(storage, 'write'),
      ...(isCached ? { cache: await openCache(cache, cacheOptions) } : {}),
      tables: 'migrate',
    })
    await stockpile.migrate([trial.app])
    await patiently(() => writeMark(stockpile, trial.app, allAccounts, firstMark))
    const prover = new Prover(trial, stockpile, isCached)
    for (const account of allAccounts) prover.#checker.write([account, nowUs(), firstMark])
    return prover
  }

  /** How many reads were answered so far. */
  get reads(): number {
    return this.#reads
  }

  /** Whether it is coming to its end: whoever makes trouble meanwhile must stop, and leave all servers running. */
  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Lets the processes work, and judges.
   *
   * @param trouble what goes on meanwhile, until `isOver`
   */
  async run(trouble: () => Promise<void> = async () => undefined): Promise<ProofReport> {
    const { processes, lifeMsMax, byHandEveryMs } = this.#trial
    const lives = Array.from({ length: processes }, (_, place) =>
      this.#live(lifeMsMax !== null && place >= Math.ceil(processes / 2)),
    )
    await this.#untilAsked()
    const begin = nowUs()
    const beside = [this.#guarded(trouble)]
    if (byHandEveryMs !== null) beside.push(this.#guarded(() => this.#byHand(byHandEveryMs)))
    const seconds = await this.#wait(begin)
    this.#isOver = true
    await Promise.all(beside)
    try {
      if (this.#failure !== null) throw this.#failure
      return await this.#judge(seconds)
    } finally {
      for (const worker of this.#workers) worker.kill()
      await Promise.all(lives)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stockpile.close()
  }

  /** Keeps a place occupied by a process, until the trial is over. */
  async #live(isMortal: boolean): Promise<void> {
    while (!this.#isOver && this.#failure === null) {
      const worker = this.#spawn(isMortal)
      const isWell = await worker.gone
      this.#workers.delete(worker)
      if (isWell || this.#isOver) continue
      if (isMortal) this.#kills += 1
      else this.#failure ??= new Error(`worker ${worker.number} ended by itself`)
    }
  }

  /** Waits until it is enough; says after how many seconds. */
  async #wait(begin: number): Promise<number> {
    const { readsMax, secondsMax, signal, onProgress, lifeMsMax, processes } = this.#trial
    const hasMortals = lifeMsMax !== null && processes > 1
    for (;;) {
      const seconds = (nowUs() - begin) / 1e6
      // Where processes are to be killed, as many reads as you like prove little before one was.
      const isRead = this.#reads >= readsMax && (!hasMortals || this.#kills > 0)
      const isEnough = isRead || seconds >= secondsMax || signal?.aborted === true
      if (isEnough || this.#failure !== null) return seconds
      onProgress?.({ reads: this.#reads, seconds })
      await pause(10)
    }
  }

  /** Waits for the first answers: processes take their time to start. */
  async #untilAsked(): Promise<void> {
    while (this.#reads === 0 && this.#failure === null && this.#trial.signal?.aborted !== true) await pause(5)
  }

  #spawn(isMortal: boolean): WorkerProcess {
    const { program = stockpileProgram, storage, cache, cacheOptions, app, readers, writers, lifeMsMax } = this.#trial
    this.#started += 1
    const [worker, seed] = [this.#started, this.#random.below(2 ** 31)]
    const doom: Doom | null =
      isMortal && this.#random.chance(0.7)
        ? { point: this.#random.pick(points), passage: 1 + this.#random.below(40) }
        : null
    // Every second process keeps copies of its own.
    const options = worker % 2 === 0 ? { nearBytesMax: 1_000_000, ...cacheOptions } : cacheOptions
    const job: Job = { storage, cache, cacheOptions: options, app, seed, worker, readers, writers, doom }
    const process = new WorkerProcess(program, job, isMortal, (message) => {
      this.#hear(message)
    })
    this.#workers.add(process)
    const begun = process.says('ready').then(() => {
      process.tell('go')
    })
    begun.catch((error: unknown) => {
      if (!isMortal && !this.#isOver) this.#failure ??= error as Error
    })
    if (isMortal && lifeMsMax !== null) {
      void begun.then(
        async () => {
          await pause(this.#random.next() * lifeMsMax)
          process.kill()
        },
        () => undefined,
      )
    }
    return process
  }

  #hear(message: WorkerMessage): void {
    if (message.type !== 'facts') return
    for (const fact of message.reads) this.#checker.read(fact)
    for (const fact of message.writes) this.#checker.write(fact)
    for (const [name, count] of Object.entries(message.counts)) this.#counts[name] = (this.#counts[name] ?? 0) + count
    this.#reads += message.reads.length
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failure ??= error as Error
    }
  }

  /** Changes accounts as somebody would who has never heard of Stockpile. */
  async #byHand(everyMs: number): Promise<void> {
    let hand: Hand | null = null
    for (let mark = firstMark + 1; !this.#isOver; mark += 1) {
      await pause(everyMs * 2 * this.#random.next())
      try {
        hand ??= await openHand(this.#trial.storage)
        await hand.run(markStatement(this.#trial.app, accounts.hand, mark))
        for (const account of accounts.hand) this.#checker.write([account, nowUs(), mark])
        this.#handChanges += 1
      } catch {
        // Its server may be away at the moment.
        await hand?.close()
        hand = null
      }
    }
    await hand?.close()
  }

  async #judge(seconds: number): Promise<ProofReport> {
    const survivors = [...this.#workers].filter(({ isMortal }) => !isMortal)
    for (const worker of this.#workers) if (worker.isMortal) worker.kill()
    for (const worker of survivors) worker.tell('rest')
    await Promise.all(survivors.map((worker) => worker.says('quiet')))
    const statistics = await this.#compare(survivors)
    for (const worker of survivors) worker.tell('end')
    await Promise.all(survivors.map((worker) => worker.gone))
    let lateMs = 0
    for (const account of allAccounts) {
      const states = await statesOf(this.#stockpile, this.#trial.app, account)
      if (!isByHand(account)) this.#checker.judge(account, states)
      else lateMs = Math.max(lateMs, this.#checker.judgeByHand(account, states, this.#trial.lateMsMax))
    }
    const durations = this.#checker.durations()
    const at = (share: number): number => (durations[Math.floor(durations.length * share)] ?? 0) / 1000
    return {
      ...this.#checker.verdict,
      lateMs,
      reads: this.#reads,
      seconds,
      processes: this.#started,
      kills: this.#kills,
      handChanges: this.#handChanges,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      counts: this.#counts,
      statistics,
    }
  }

  /** Compares what is cached with what the database has, now that all is quiet; says what the caches did. */
  async #compare(survivors: readonly WorkerProcess[]): Promise<Readonly<Record<string, number>>> {
    const { app } = this.#trial
    if (this.#isCached) await patiently(() => this.#stockpile.relay())
    const compared = this.#isCached ? allAccounts : dealtAccounts
    const before = new Map<string, Awaited<ReturnType<typeof readingOf>>>()
    for (const account of compared) before.set(account, await readingOf(this.#stockpile, app, account, 'past'))
    for (const worker of survivors) worker.tell('last')
    const last = await Promise.all(survivors.map((worker) => worker.says('last')))
    const statistics: Record<string, number> = {}
    for (const account of compared) {
      const after = await readingOf(this.#stockpile, app, account, 'past')
      for (const [name, , , version, left, right] of last.flatMap(({ reads }) => reads)) {
        if (name === account) this.#checker.compare(account, { version, left, right }, before.get(account)!, after)
      }
    }
    for (const { statistics: some } of last) {
      for (const [name, count] of Object.entries(some)) statistics[name] = (statistics[name] ?? 0) + count
    }
    return statistics
  }
}

/** A server that has just been started may take longer for its first answer than it may later. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CacheUnavailableError) || tries === triesMax) throw error
      await pause(100)
    }
  }
}
