/** One answer of a server. */
export interface Reply {
  /** Its first word: `VA`, `HD`, `NF`, `EX`, `EN`, `NS`, `VERSION`, `END`, `SERVER_ERROR`, `CLIENT_ERROR`, `ERROR`, ... */
  readonly code: string
  /** The CAS id of the entry, in digits; empty where the answer has none. */
  readonly cas: string
  /** The client flags of the entry, -1 where the answer has none. */
  readonly flags: number
  /** `won`: this reader is the one to fill; `taken`: another is. */
  readonly lease: 'won' | 'taken' | null
  /** The value; null where the answer has none. */
  readonly text: string | null
  /** What else an answer says that is none of the meta protocol: the rest of its line, or, for `END`, the statistics before it. */
  readonly rest: string
}

/** What the parser can't understand: the connection is of no use any more. */
export type Misunderstanding = (what: string) => void

const newline = 10
const blank = 32
const returnSign = 13
const zero = 48
const letterA = 65
const letterV = 86
const letterW = 87
const letterZ = 90
const letterC = 99
const letterF = 102

// The longest line that a server sends is one of its statistics, with a path in it.
const lineBytesMax = 8 * 1024

const statistics = 'STAT '

const shortDigitsMax = 9

/**
 * Takes a server's answers apart, however they are cut into pieces on their way. It keeps nothing of a piece that it was given, so the same
 * memory can be used for the next one.
 */
export class Parser {
  readonly #take: (reply: Reply) => void
  readonly #misunderstand: Misunderstanding
  /** Pieces of an answer that isn't complete. */
  #parts: Buffer[] = []
  #partsBytes = 0
  /** How many bytes there must be before it is worth another look. */
  #needBytes = 0
  #statistics: string[] = []
  #isBroken = false

  /**
   * @param take gets each answer, in order
   * @param misunderstand called at most once; nothing is taken after it
   */
  constructor(take: (reply: Reply) => void, misunderstand: Misunderstanding) {
    this.#take = take
    this.#misunderstand = misunderstand
  }

  /** Takes the next piece of the stream. */
  push(piece: Buffer): void {
    if (this.#isBroken) return
    if (this.#partsBytes === 0) {
      this.#keep(piece, this.#parse(piece))
      return
    }
    this.#parts.push(Buffer.from(piece))
    this.#partsBytes += piece.length
    if (this.#partsBytes < this.#needBytes) return
    const whole = Buffer.concat(this.#parts, this.#partsBytes)
    this.#parts = []
    this.#partsBytes = 0
    this.#keep(whole, this.#parse(whole))
  }

  #keep(data: Buffer, from: number): void {
    if (from >= data.length || this.#isBroken) return
    this.#parts.push(Buffer.from(data.subarray(from)))
    this.#partsBytes = data.length - from
  }

  /** @returns how far it came */
  #parse(data: Buffer): number {
    let at = 0
    this.#needBytes = 0
    while (at < data.length && !this.#isBroken) {
      // Byte by byte: lines are so short that asking for the place of the end costs more.
      let end = at
      while (end < data.length && data[end] !== newline) end++
      if (end === data.length) {
        if (data.length - at > lineBytesMax) this.#break('a line without end')
        return at
      }
      const next = this.#answer(data, at, data[end - 1] === returnSign && end > at ? end - 1 : end, end + 1)
      if (next === -1) return at
      at = next
    }
    return at
  }

  /**
   * Takes one answer.
   *
   * @param start where its line begins
   * @param end where its line ends
   * @param after where what follows the line begins
   * @returns where the next one begins, or -1 where this one isn't complete
   */
  #answer(data: Buffer, start: number, end: number, after: number): number {
    const isMeta = end - start === 2 || (end - start > 2 && data[start + 2] === blank)
    if (!isMeta) return this.#otherAnswer(data.toString('latin1', start, end), after)
    const isValue = data[start] === letterV && data[start + 1] === letterA
    let at = start + 3
    let text: string | null = null
    let next = after
    if (isValue) {
      let bytes = 0
      for (; at < end && data[at] !== blank; at++) {
        const digit = (data[at] ?? 0) - zero
        bytes = digit >= 0 && digit <= 9 ? bytes * 10 + digit : NaN
      }
      at++
      next = after + bytes + 2
      if (!Number.isSafeInteger(bytes)) return this.#break(data.toString('latin1', start, end))
      if (next > data.length) {
        this.#needBytes = next - start
        return -1
      }
      if (data[next - 1] !== newline || data[next - 2] !== returnSign) return this.#break('a value of another length')
      text = data.toString('utf8', after, after + bytes)
    }
    const code = isValue ? 'VA' : data.toString('latin1', start, start + 2)
    this.#take(withFlags(data, at, end, code, text))
    return next
  }

  #otherAnswer(line: string, after: number): number {
    if (line.startsWith(statistics)) {
      this.#statistics.push(line.slice(statistics.length))
      return after
    }
    const [code = ''] = line.split(' ', 1)
    if (!/^[A-Z_]+$/.test(code)) return this.#break(line)
    const rest = code === 'END' ? this.#statistics.join('\n') : line.slice(code.length + 1)
    this.#statistics = []
    this.#take({ code, cas: '', flags: -1, lease: null, text: null, rest })
    return after
  }

  #break(what: string): -1 {
    this.#isBroken = true
    this.#parts = []
    this.#misunderstand(what.slice(0, 80))
    return -1
  }
}

function numberAt(data: Buffer, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) number = number * 10 + (data[at] ?? 0) - zero
  return number
}

/** Reads the flags of a line of the meta protocol, each a letter and what it says, in whatever order. */
function withFlags(data: Buffer, from: number, end: number, code: string, text: string | null): Reply {
  let cas = ''
  let flags = -1
  let lease: Reply['lease'] = null
  let at = from
  while (at < end) {
    const letter = data[at]
    const start = ++at
    while (at < end && data[at] !== blank) at++
    if (letter === letterC) {
      // A server's own are short, and asking the buffer for so few characters costs more.
      cas = at - start <= shortDigitsMax ? String(numberAt(data, start, at)) : data.toString('latin1', start, at)
    } else if (letter === letterF) flags = numberAt(data, start, at)
    else if (letter === letterW) lease = 'won'
    else if (letter === letterZ) lease = 'taken'
    at++
  }
  return { code, cas, flags, lease, text, rest: '' }
}
