/** A line of a text. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end; null for a line that is longer than it may be. */
  readonly text: string | null
}

/**
 * Cuts a text into lines at line feeds alone: other line ends, such as U+2028, are allowed inside JSON.
 *
 * @param pieces the text, cut anywhere
 * @param lengthMax most UTF-16 units of a line, so that a file without line feeds doesn't fill the memory
 */
export async function* readLines(pieces: AsyncIterable<string>, lengthMax: number): AsyncGenerator<Line> {
  let number = 0
  let open = ''
  let isTooLong = false
  for await (const piece of pieces) {
    let start = 0
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      const text = open + piece.slice(start, end)
      number += 1
      yield { number, text: isTooLong || text.length > lengthMax ? null : text }
      open = ''
      isTooLong = false
      start = end + 1
    }
    if (!isTooLong) open += piece.slice(start)
    if (open.length > lengthMax) {
      isTooLong = true
      open = ''
    }
  }
  if (open !== '' || isTooLong) yield { number: number + 1, text: isTooLong ? null : open }
}
