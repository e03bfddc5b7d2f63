import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { accounts, allAccounts, dealtAccounts } from './accounts.ts'
import { nowUs, type Job, type ParentMessage, type ReadFact, type WorkerMessage, type WriteFact } from './messages.ts'
import { Pauses } from './pauses.ts'
import { Random } from './random.ts'
import type { Deed, Subject, Way } from './subject.ts'

const tellEveryMs = 20
// After a failure: while a server is away there is nothing to be gained by haste.
const failurePauseMs = 25
const marksPerWorker = 1_000_000

const ways: readonly (readonly [Way, number])[] = [
  ['all', 60],
  ['list', 32],
  ['past', 6],
  ['refresh', 2],
]

const weights: Readonly<Record<Deed, number>> = {
  write: 46,
  trade: 12,
  transact: 10,
  undo: 12,
  refuse: 8,
  bulk: 2,
  evict: 10,
}

/**
 * Runs a worker of a trial until its parent ends it: readers and writers at random, and reports of what they saw.
 *
 * @param open opens what is on trial
 */
export async function runWorker(open: (job: Job, pauses: Pauses, random: Random) => Promise<Subject>): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? 'null') as Job
  const random = new Random(job.seed)
  const subject = await open(job, new Pauses(random, job.doom), random)
  const loop = new WorkerLoop(job, subject, random)
  process.on('disconnect', () => process.exit(1))
  // Ctrl-C reaches all processes of a terminal; the parent sees to it that all comes to a good end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  process.on('message', (message: ParentMessage) => {
    void loop.hear(message)
  })
  send({ type: 'ready' })
}

class WorkerLoop {
  readonly #job: Job
  readonly #subject: Subject
  readonly #random: Random
  readonly #deeds: readonly (readonly [Deed, number])[]
  #reads: ReadFact[] = []
  #writes: WriteFact[] = []
  #counts: Record<string, number> = {}
  #isResting = false
  #mark: number
  #work: Promise<unknown> = Promise.resolve()

  constructor(job: Job, subject: Subject, random: Random) {
    this.#job = job
    this.#subject = subject
    this.#random = random
    this.#deeds = subject.deeds.map((deed) => [deed, weights[deed]] as const)
    this.#mark = job.worker * marksPerWorker
  }

  /** Does what the parent says. */
  async hear({ type }: ParentMessage): Promise<void> {
    if (type === 'go') this.#go()
    else if (type === 'rest') {
      this.#isResting = true
      await this.#work
      this.#tell()
      send({ type: 'quiet' })
    } else if (type === 'last') await this.#last()
    else {
      await this.#subject.close()
      process.removeAllListeners('disconnect')
      process.disconnect()
    }
  }

  #go(): void {
    const { readers, writers } = this.#job
    this.#work = Promise.all([
      ...Array.from({ length: readers }, () => this.#readOn()),
      ...Array.from({ length: writers }, () => this.#writeOn()),
      this.#tellOn(),
    ])
  }

  async #readOn(): Promise<void> {
    while (!this.#isResting) {
      await this.#read(this.#random.pick(allAccounts), this.#random.weigh(ways))
      if (this.#random.chance(0.3)) await pause(4 * this.#random.next() ** 2)
    }
  }

  async #read(account: string, way: Way): Promise<void> {
    const from = nowUs()
    try {
      const { version, left, right } = await this.#subject.read(account, way)
      this.#reads.push([account, from, nowUs(), version, left, right])
    } catch (error) {
      await this.#failed('read', error)
    }
  }

  async #writeOn(): Promise<void> {
    while (!this.#isResting) {
      const deed = this.#random.weigh(this.#deeds)
      await this.#perform(deed)
      await pause(12 * this.#random.next())
    }
  }

  async #perform(deed: Deed): Promise<void> {
    // A mark's two neighbours are free for what a deed writes in passing.
    this.#mark += 3
    const mark = this.#mark
    const names = this.#accountsOf(deed)
    try {
      await this.#subject.perform(deed, names, mark)
      const to = nowUs()
      this.#counts[deed] = (this.#counts[deed] ?? 0) + 1
      if (deed !== 'undo' && deed !== 'refuse' && deed !== 'evict') {
        for (const account of names) this.#writes.push([account, to, mark])
      }
    } catch (error) {
      await this.#failed(deed, error)
    }
  }

  #accountsOf(deed: Deed): readonly string[] {
    if (deed === 'bulk') return accounts.bulk
    const first = this.#random.pick(dealtAccounts)
    if (deed !== 'trade') return [first]
    return [first, this.#random.pick(dealtAccounts.filter((account) => account !== first))]
  }

  async #failed(what: string, error: unknown): Promise<void> {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const name = `${what} failed: ${code}`
    this.#counts[name] = (this.#counts[name] ?? 0) + 1
    await pause(failurePauseMs * this.#random.next())
  }

  async #tellOn(): Promise<void> {
    while (!this.#isResting) {
      await pause(tellEveryMs)
      this.#tell()
    }
  }

  #tell(): void {
    send({ type: 'facts', reads: this.#reads, writes: this.#writes, counts: this.#counts })
    this.#reads = []
    this.#writes = []
    this.#counts = {}
  }

  async #last(): Promise<void> {
    // Twice: what the first reads fill, the second read.
    for (let time = 1; time <= 2; time += 1) for (const account of allAccounts) await this.#read(account, 'all')
    send({ type: 'last', reads: this.#reads, statistics: this.#subject.statistics() })
  }
}

function send(message: WorkerMessage): void {
  process.send?.(message)
}
