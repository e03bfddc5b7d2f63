import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ConnectionLostError } from '../../errors.ts'
import type { ConnectionOptions } from './connection.ts'
import { unpackFault } from './faults.ts'
import type { Answer, Question } from './worker.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
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
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * Calls a method of the worker's desk, or of one of its sessions.
   *
   * @throws what the contract names; ConnectionLostError if the thread ends before it answers
   */
  call<T>(method: string, parameters: readonly unknown[], session: number | null = null): Promise<T> {
    const worker = this.#started()
    const id = ++this.#asked
    if (this.#waiting.size === 0) worker.ref()
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      worker.postMessage({ id, session, method, parameters } satisfies Question)
    })
  }

  /** Closes the connections and ends the thread. */
  async end(): Promise<void> {
    const worker = this.#worker
    if (worker === null) return
    await this.call('close', [])
    this.#worker = null
    await worker.terminate()
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker
    const worker = new Worker(workerFile, { workerData: this.#options, name: 'stockpile-sqlite', ...threadFlags })
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
    this.#worker = worker
    return worker
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ('fault' in answer) waiting?.reject(unpackFault(answer.fault))
    else waiting?.resolve(answer.value)
  }

  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) {
      reject(
        new ConnectionLostError(
          `the thread that works on ${this.#options.path} was lost`,
          { path: this.#options.path },
          { cause: error },
        ),
      )
    }
  }
}
