import process from 'node:process'

// A person sees no more than about ten changes in a second; a log wants no more than a line every few seconds.
const terminalEveryMs = 100
const logEveryMs = 5_000
const barWidth = 24

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
  readonly #isTerminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb'
  #toldAt = performance.now()
  #isBarShown = false

  constructor({ isQuiet }: { readonly isQuiet: boolean }) {
    this.#isQuiet = isQuiet
  }

  /** Tells how far it is, if it is time to. */
  tell({ part, text }: Step): void {
    const now = performance.now()
    if (this.#isQuiet || now - this.#toldAt < (this.#isTerminal ? terminalEveryMs : logEveryMs)) return
    this.#toldAt = now
    const percent = part === null ? null : `${Math.floor(Math.min(part, 1) * 100)} %`
    if (!this.#isTerminal) {
      process.stderr.write(percent === null ? `${text}\n` : `${percent}: ${text}\n`)
      return
    }
    const line = percent === null ? text : `${bar(part ?? 0)} ${percent.padStart(5)}  ${text}`
    process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`)
    this.#isBarShown = true
  }

  /** Takes the bar away, so that what is printed next stands on a line of its own. */
  end(): void {
    if (this.#isBarShown) process.stderr.write('\r\u001b[K')
    this.#isBarShown = false
  }
}

function bar(part: number): string {
  const full = Math.round(Math.min(part, 1) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}]`
}
