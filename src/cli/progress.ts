import process from 'node:process'

// A person sees no more than about ten changes in a second; a log wants no more than a line every few seconds.
const terminalEveryMs = 100
const logEveryMs = 5_000
const barWidth = 24

/** Where progress is told: standard error. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>

/** How far something is. */
export interface Step {
  /** From 0 to 1, or null where nobody knows how much there is. */
  readonly part: number | null
  /** What is done, in words. */
  readonly text: string
}

/** Tells on standard error how far something is: a bar on a terminal, a plain line now and then elsewhere. */
export class Progress {
  readonly #isQuiet: boolean
  readonly #stream: ProgressStream
  readonly #isTerminal: boolean
  readonly #now: () => number
  #toldAt: number
  #isBarShown = false

  constructor({
    isQuiet,
    stream = process.stderr,
    now = () => performance.now(),
  }: {
    readonly isQuiet: boolean
    readonly stream?: ProgressStream
    readonly now?: () => number
  }) {
    this.#isQuiet = isQuiet
    this.#stream = stream
    this.#now = now
    this.#toldAt = now()
    this.#isTerminal = stream.isTTY && process.env['TERM'] !== 'dumb'
  }

  /** Tells how far it is, if it is time to. */
  tell({ part, text }: Step): void {
    const now = this.#now()
    if (this.#isQuiet || now - this.#toldAt < (this.#isTerminal ? terminalEveryMs : logEveryMs)) return
    this.#toldAt = now
    const percent = part === null ? null : `${Math.floor(Math.min(part, 1) * 100)} %`
    if (!this.#isTerminal) {
      this.#stream.write(percent === null ? `${text}\n` : `${percent}: ${text}\n`)
      return
    }
    const line = percent === null ? text : `${bar(part ?? 0)} ${percent.padStart(5)}  ${text}`
    this.#stream.write(`\r\u001b[K${line.slice(0, (this.#stream.columns || 80) - 1)}`)
    this.#isBarShown = true
  }

  /** Takes the bar away, so that what is printed next stands on a line of its own. */
  end(): void {
    if (this.#isBarShown) this.#stream.write('\r\u001b[K')
    this.#isBarShown = false
  }
}

function bar(part: number): string {
  const full = Math.round(Math.min(part, 1) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}]`
}
