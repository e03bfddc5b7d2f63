import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Job, ParentMessage, WorkerMessage } from './messages.ts'

/** The program of a worker that tries Stockpile itself: TypeScript when run from source, JavaScript when built. */
export const stockpileProgram = new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

// A process under heavy load may take its time.
const patienceMs = 60_000

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly number: number
  /** Whether it may be killed. */
  readonly isMortal: boolean
  /** Resolves when it is gone, to whether it ended by itself and well. */
  readonly gone: Promise<boolean>
  readonly #child: ChildProcess
  readonly #waiting = new Map<WorkerMessage['type'], (message: WorkerMessage) => void>()

  /** @param hear is told everything that it says */
  constructor(program: URL, job: Job, isMortal: boolean, hear: (message: WorkerMessage) => void) {
    this.number = job.worker
    this.isMortal = isMortal
    this.#child = spawn(process.execPath, [fileURLToPath(program), JSON.stringify(job)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => {
      hear(message as WorkerMessage)
      this.#waiting.get((message as WorkerMessage).type)?.(message as WorkerMessage)
    })
    this.gone = once(this.#child, 'close').then(([code]) => code === 0)
  }

  /** Tells it something; what it can't hear any more doesn't matter. */
  tell(type: ParentMessage['type']): void {
    if (this.#child.connected) this.#child.send({ type } satisfies ParentMessage, () => undefined)
  }

  /**
   * Waits for a message of this type.
   *
   * @throws Error where it ends before, or takes too long
   */
  async says<Type extends WorkerMessage['type']>(type: Type): Promise<WorkerMessage & { readonly type: Type }> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerMessage>()
    this.#waiting.set(type, resolve)
    const timer = setTimeout(() => {
      reject(new Error(`worker ${this.number} did not say '${type}' within ${patienceMs} ms`))
    }, patienceMs)
    void this.gone.then(() => {
      reject(new Error(`worker ${this.number} ended before it said '${type}'`))
    })
    try {
      return (await promise) as WorkerMessage & { readonly type: Type }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Kills it, as the loss of its machine would. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
