import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ClosedError, ConnectionLostError } from '../../errors.ts'
import type { ConnectionOptions } from './connection.ts'
import { unpackFault } from './faults.ts'
import { keepDriver } from './keep-driver.ts'
import { giveVerdict, verdictCell } from './verdict.ts'
import type { Answer, Question, WorkerData } from './worker.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
  /** Hears what the worker tells before it answers. */
  readonly hear: (told: unknown) => void
}

/** Where a session is: its number in the worker of one life of the thread; null for one that nothing was asked of yet. */
export interface SessionPlace {
  readonly number: number
  life: number | null
}

// The same extension as this file: TypeScript when run from source, JavaScript when built.
const workerFile = new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

// A thread inherits the flags of its process, and `--input-type` (node --input-type=module -e '...') keeps a file from being run at all.
const hasInputType = process.execArgv.some((flag) => flag.startsWith('--input-type'))
const threadFlags = hasInputType ? { execArgv: [] } : {}

/**
 * A worker thread that owns connections to a file. Started by its first call; it keeps the process alive only while calls are
 * under way.
 */
export class Thread {
  readonly #options: ConnectionOptions
  #worker: Worker | null = null
  readonly #verdicts = verdictCell()
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0
  #life = 0
  #sessions = 0
  #isReady = false
  #isEnded = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Counts the workers started: sessions end with the worker that has them. */
  get life(): number {
    return this.#life
  }

  /** Whether the worker has answered something since it was started. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** A place for a session that begins with its first call. */
  place(): SessionPlace {
    this.#sessions += 1
    return { number: this.#sessions, life: null }
  }

  /**
   * Calls a method of the worker's desk, or of one of its sessions.
   *
   * @param session its number, and the life of the thread in which it was opened; the first call begins its transaction
   * @param hear gets what the worker tells before it answers
   * @throws what the contract names; ConnectionLostError if the thread ends before it answers; ClosedError after `end`
   */
  call<T>(
    method: string,
    parameters: readonly unknown[],
    session: SessionPlace | null = null,
    hear: (told: unknown) => void = () => undefined,
  ): Promise<T> {
    if (this.#isEnded) return Promise.reject(new ClosedError())
    const isFirst = session?.life === null
    if (session !== null && !isFirst && (this.#worker === null || session.life !== this.#life))
      return Promise.reject(this.#lost(new Error('it ended')))
    const worker = this.#started()
    if (isFirst) session.life = this.#life
    return this.#ask(worker, { session: session?.number ?? null, isFirst, method, parameters }, hear)
  }

  /** Answers what a session asked the worker's desk to wait for, while the worker does nothing else. */
  decide({ number }: SessionPlace, isYes: boolean): void {
    giveVerdict(this.#verdicts, number, isYes)
  }

  /** Closes the connections and ends the thread, after which every call is refused. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#worker !== null) await keepDriver()
    const worker = this.#worker
    if (worker === null) return
    await this.#ask(worker, { session: null, isFirst: false, method: 'close', parameters: [] })
    this.#worker = null
    await worker.terminate()
    for (const waiting of this.#takeWaiting()) waiting.reject(new ClosedError())
  }

  #ask<T>(worker: Worker, question: Omit<Question, 'id'>, hear: (told: unknown) => void = () => undefined): Promise<T> {
    const id = ++this.#asked
    if (this.#waiting.size === 0) worker.ref()
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, hear })
      worker.postMessage({ id, ...question } satisfies Question)
    })
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker
    const workerData: WorkerData = { options: this.#options, verdicts: this.#verdicts }
    const worker = new Worker(workerFile, { workerData, name: 'stockpile-sqlite', ...threadFlags })
    worker.on('message', (answer: Answer) => {
      this.#settle(answer)
    })
    worker.on('error', (error) => {
      this.#lose(worker, error)
    })
    worker.on('exit', () => {
      this.#lose(worker, new Error('it ended'))
    })
    worker.unref()
    void keepDriver()
    this.#worker = worker
    this.#isReady = false
    this.#life += 1
    return worker
  }

  #settle(answer: Answer): void {
    this.#isReady = true
    const waiting = this.#waiting.get(answer.id)
    if ('told' in answer) {
      waiting?.hear(answer.told)
      return
    }
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ('fault' in answer) waiting?.reject(unpackFault(answer.fault))
    else waiting?.resolve(answer.value)
  }

  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    for (const waiting of this.#takeWaiting()) waiting.reject(this.#lost(error))
  }

  #takeWaiting(): Waiting[] {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    return waiting
  }

  #lost(cause: unknown): ConnectionLostError {
    const { path } = this.#options
    return new ConnectionLostError(`the thread that works on ${path} was lost`, { path }, { cause })
  }
}
