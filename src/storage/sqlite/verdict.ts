// A number of a question and its answer have to fit one cell.
const numberMask = 0x3f_ff_ff_ff

/** What two threads have in common to give verdicts in. */
export type VerdictCell = Int32Array<SharedArrayBuffer>

/** Makes a cell without a verdict in it; the numbers of questions are to begin at 1. */
export function verdictCell(): VerdictCell {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/** Answers a question of the other thread, which may be waiting for it, by its number: one question at a time. */
export function giveVerdict(cell: VerdictCell, question: number, isYes: boolean): void {
  Atomics.store(cell, 0, ((question & numberMask) << 1) | (isYes ? 1 : 0))
  Atomics.notify(cell, 0)
}

/**
 * Waits for the answer to a question, and lets the thread do nothing else meanwhile: hearing of it as a message would take longer than to
 * commit.
 *
 * @returns whether the answer was yes; undefined if there is none after so many milliseconds
 */
export function awaitVerdict(cell: VerdictCell, question: number, waitMs: number): boolean | undefined {
  const end = performance.now() + waitMs
  for (;;) {
    const found = Atomics.load(cell, 0)
    if (found >> 1 === (question & numberMask)) return (found & 1) === 1
    const leftMs = end - performance.now()
    if (leftMs <= 0) return undefined
    Atomics.wait(cell, 0, found, leftMs)
  }
}
