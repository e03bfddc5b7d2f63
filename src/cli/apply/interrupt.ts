import process from 'node:process'

const codes = { SIGINT: 130, SIGTERM: 143 } as const

/** Listens for Ctrl-C: the first asks to stop at the next good place, the second stops at once. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController()
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[]
  /** The exit code that the signal calls for; null while there was none. */
  exitCode: number | null = null

  constructor() {
    this.#listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => [name, () => this.#stop(codes[name])])
    for (const [name, listener] of this.#listeners) process.on(name, listener)
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener)
  }

  #stop(exitCode: number): void {
    if (this.exitCode !== null) process.exit(exitCode)
    this.exitCode = exitCode
    this.#controller.abort()
  }
}
