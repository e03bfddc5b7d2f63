import { createReadStream, statSync } from 'node:fs'
import process from 'node:process'
import { addAbortSignal, type Readable } from 'node:stream'
import { usageError } from '../command-errors.ts'

// Half of the longest text that JavaScript can hold.
const wholeBytesMax = 256 * 1024 * 1024

/** A file or standard input, as text. */
export class Input {
  /** What it is called in messages. */
  readonly name: string
  /** How many bytes it has, or null where nobody knows before the end. */
  readonly bytesTotal: number | null
  /** How many bytes have been read so far. */
  bytesRead = 0
  readonly #path: string
  readonly #encoding: string

  /**
   * @param path a file, or `-` for standard input
   * @param encoding a name that the Encoding Standard knows, such as `utf-8` or `windows-1252`
   * @throws a usage error for a file that isn't there and an encoding that nobody knows
   */
  constructor(path: string, encoding: string) {
    this.#path = path
    this.#encoding = encoding
    this.name = path === '-' ? 'standard input' : path
    try {
      void new TextDecoder(encoding)
    } catch {
      throw usageError(`'${encoding}' is no encoding: --encoding is a name such as utf-8, windows-1252 or utf-16le`)
    }
    this.bytesTotal = path === '-' ? null : sizeOf(path)
  }

  /** Whether it can be read a second time. */
  get isRepeatable(): boolean {
    return this.bytesTotal !== null
  }

  /**
   * Reads from the beginning, in pieces of any length. Bytes that the encoding doesn't know become U+FFFD.
   *
   * @param signal ends the reading, with an AbortError
   */
  async *text(signal: AbortSignal): AsyncGenerator<string> {
    this.bytesRead = 0
    const stream: Readable = this.#path === '-' ? process.stdin : createReadStream(this.#path)
    const decoder = new TextDecoder(this.#encoding)
    for await (const piece of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) {
      this.bytesRead += piece.length
      const text = decoder.decode(piece, { stream: true })
      if (text !== '') yield text
    }
    const rest = decoder.decode()
    if (rest !== '') yield rest
  }

  /**
   * Reads all of it at once.
   *
   * @throws a usage error for more than 256 MiB, and for bytes that the encoding doesn't know
   */
  async whole(): Promise<string> {
    const pieces: Buffer[] = []
    this.bytesRead = 0
    const stream: Readable = this.#path === '-' ? process.stdin : createReadStream(this.#path)
    for await (const piece of stream as AsyncIterable<Buffer>) {
      this.bytesRead += piece.length
      if (this.bytesRead > wholeBytesMax) throw usageError(`${this.name} is larger than 256 MiB: split it`)
      pieces.push(piece)
    }
    try {
      return new TextDecoder(this.#encoding, { fatal: true }).decode(Buffer.concat(pieces))
    } catch {
      throw usageError(`${this.name} is not all ${this.#encoding}: name its encoding with --encoding`)
    }
  }
}

/** The size of a file, null for a pipe or a device. */
function sizeOf(path: string): number | null {
  let stats
  try {
    stats = statSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw usageError(code === 'ENOENT' ? `there is no file ${path}` : message)
  }
  if (stats.isDirectory()) throw usageError(`${path} is a folder: name a file, or - for standard input`)
  return stats.isFile() ? stats.size : null
}
