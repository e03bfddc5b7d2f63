import process from 'node:process'
import type { ParentMessage, WorkerMessage } from './worker-process.ts'

/** The worker's end of the line to its parent. Without a parent a worker ends at once. */
export class WorkerSide<Job> {
  /** What the parent wants done. */
  readonly job: Job
  /** Whether the parent has asked to come to an end. */
  isStopped = false
  readonly #heard = new Set<ParentMessage['type']>()
  #wake: () => void = () => undefined

  constructor() {
    this.job = JSON.parse(process.argv[2] ?? 'null') as Job
    process.on('message', (message: ParentMessage) => {
      this.#heard.add(message.type)
      if (message.type === 'stop') this.isStopped = true
      this.#wake()
    })
    process.on('disconnect', () => process.exit(1))
  }

  /** Says that the worker is prepared, and waits for the parent's 'go'. */
  async start(): Promise<void> {
    await this.say({ type: 'ready' })
    while (!this.#heard.has('go')) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Sends a message; resolves when it is on its way. */
  async say(message: WorkerMessage): Promise<void> {
    await new Promise<void>((resolve) => {
      process.send?.(message, () => resolve())
    })
  }

  /** Lets the process end. */
  end(): void {
    process.removeAllListeners('disconnect')
    process.disconnect?.()
  }
}
