import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** What a worker says to its parent. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  /** It has had so many answers since it last said so. */
  | { readonly type: 'progress'; readonly answers: number }
  | { readonly type: 'result'; readonly result: unknown }

/** What a parent says to a worker. */
export type ParentMessage = { readonly type: 'go' } | { readonly type: 'stop' }

/** A worker program in a process of its own: real concurrency, and something that can be killed. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  readonly #messages: WorkerMessage[] = []
  #wake: () => void = () => undefined
  #isGone = false

  /**
   * @param program the file beside this one
   * @param job given to the program as its first argument, as JSON
   * @param logFile where its standard output is appended; by default it is that of the tests
   */
  constructor(program: string, job: unknown, logFile?: string) {
    const script = fileURLToPath(new URL(program, import.meta.url))
    const log = logFile === undefined ? 'inherit' : openSync(logFile, 'a')
    this.#child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', log, 'inherit', 'ipc'] })
    if (typeof log === 'number') closeSync(log)
    this.#exit = once(this.#child, 'exit')
    this.#child.on('message', (message) => {
      this.#messages.push(message as WorkerMessage)
      this.#wake()
    })
    // Not 'exit': what it said last may still be on its way then.
    this.#child.once('close', () => {
      this.#isGone = true
      this.#wake()
    })
  }

  /** Tells the program to go on. What it can't hear any more doesn't matter. */
  tell(message: ParentMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /**
   * The next message.
   *
   * @throws Error where the process is gone without another word
   */
  async next(): Promise<WorkerMessage> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      if (this.#isGone) throw new Error(`a worker ended early: ${this.#child.signalCode ?? this.#child.exitCode}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Waits until the program is prepared and waits for 'go'. */
  async ready(): Promise<void> {
    const message = await this.next()
    if (message.type !== 'ready') throw new Error(`a worker said ${message.type} before it was ready`)
  }

  /** What the program came to, when it is done. */
  async result(): Promise<unknown> {
    for (;;) {
      const message = await this.next()
      if (message.type === 'result') return message.result
    }
  }

  /** Waits until the program has had so many more answers. */
  async answers(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const message = await this.next()
      if (message.type === 'progress') left -= message.answers
    }
  }

  /** Kills the process, as a crash of the machine's memory would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  /**
   * Waits for the process to end by itself.
   *
   * @throws Error where it ended badly
   */
  async ended(): Promise<void> {
    const [code, signal] = await this.#exit
    if (code !== 0) throw new Error(`a worker ended with ${String(signal ?? code)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
