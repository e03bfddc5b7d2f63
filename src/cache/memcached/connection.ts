import { connect, type Socket, type TcpNetConnectOpts, type IpcNetConnectOpts } from 'node:net'
import { Parser, type Reply } from './parser.ts'

/** Commands that were sent together, and what becomes of their answers. */
export interface Exchange {
  /** How many answers there will be; each command has one. */
  readonly count: number
  /** Gets each answer, in order. */
  take(reply: Reply): void
  /** Called once instead of the answers that are missing. */
  fail(reason: string): void
}

/** Where a server listens. */
export type Target = Pick<TcpNetConnectOpts, 'host' | 'port'> | Pick<IpcNetConnectOpts, 'path'>

interface Pending {
  readonly exchange: Exchange
  readonly deadlineMs: number
  left: number
}

// More than the answers to a round of accounts with a hundred items each; a larger one comes in pieces.
const readBytes = 256 * 1024
const keepAliveMs = 30_000

// When so much of the list lies behind, it is cut: below that, cutting costs more than the memory.
const cutAt = 1_024

let epochs = 0

/**
 * One TCP connection to one server: commands in order, answers in order. What is sent within one turn of the event loop goes in one piece.
 *
 * A command that isn't answered in time ends the connection, as does anything that isn't understood: the answers that are missing would
 * otherwise be taken for those of later commands.
 */
export class Connection {
  /** Different for every connection of this process. */
  readonly epoch = ++epochs
  readonly #socket: Socket
  readonly #timeoutMs: number
  /** Null once it is answered: what the answers hold is not to be kept until the list is cut. */
  readonly #pending: (Pending | null)[] = []
  #first = 0
  #out = ''
  #isAscii = true
  #isFlushDue = false
  #timer: NodeJS.Timeout | undefined
  #failure: string | null = null
  #isEnding = false
  #isTimedOut = false
  /** Called right before what has gathered is sent, to add to it. */
  beforeFlush: () => void = () => undefined
  /** Called once, when the connection has come to its end. */
  onEnd: (reason: string) => void = () => undefined

  /**
   * @param target where to connect to
   * @param timeoutMs how long the connection may take to be made, and each answer to come
   */
  constructor(target: Target, timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    const parser = new Parser(
      (reply) => this.#take(reply),
      (what) => this.end(`it answered what can't be understood: ${what}`),
    )
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    const callback = (bytes: number): boolean => {
      parser.push(buffer.subarray(0, bytes))
      return true
    }
    this.#socket = connect({
      ...target,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      onread: { buffer, callback },
    })
    this.#socket.on('error', (error) => this.end(reasonOf(error)))
    this.#socket.on('end', () => this.end('it closed the connection'))
    this.#socket.on('close', () => this.end('the connection was closed'))
  }

  get hasEnded(): boolean {
    return this.#failure !== null
  }

  /** Whether it ended because an answer did not come in time. */
  get isTimedOut(): boolean {
    return this.#isTimedOut
  }

  /**
   * Sends commands.
   *
   * @param text the commands, with their line ends; ASCII unless `isAscii` is false
   * @param exchange gets the answers; `fail` is called at once where the connection has ended
   */
  send(text: string, exchange: Exchange, isAscii = true): void {
    if (this.#failure !== null) return exchange.fail(this.#failure)
    const deadlineMs = performance.now() + this.#timeoutMs
    this.#pending.push({ exchange, deadlineMs, left: exchange.count })
    this.#out += text
    if (!isAscii) this.#isAscii = false
    this.flushSoon()
    this.#timer ??= this.#startTimer(this.#timeoutMs)
  }

  /** Has what has gathered sent at the end of this turn. */
  flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    process.nextTick(this.#flush)
  }

  /** Ends the connection as soon as all that was sent is answered; resolves when it has ended. */
  async drain(): Promise<void> {
    this.#isEnding = true
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#socket.closed) resolve()
    else this.#socket.once('close', () => resolve())
    if (this.#first === this.#pending.length && !this.#isFlushDue) this.end('it was closed')
    await promise
  }

  /** Ends the connection; whoever waits for an answer is told why. A second call does nothing. */
  end(reason: string): void {
    if (this.#failure !== null) return
    this.#failure = reason
    clearTimeout(this.#timer)
    this.#socket.destroy()
    for (const pending of this.#pending.splice(0)) pending?.exchange.fail(reason)
    this.#first = 0
    this.onEnd(reason)
  }

  readonly #flush = (): void => {
    this.beforeFlush()
    this.#isFlushDue = false
    const text = this.#out
    this.#out = ''
    if (this.#failure !== null) return
    this.#socket.write(text, this.#isAscii ? 'latin1' : 'utf8')
    this.#isAscii = true
  }

  #take(reply: Reply): void {
    const pending = this.#pending[this.#first] ?? null
    if (pending === null) return this.end(`it said ${reply.code} without having been asked`)
    if (reply.code === 'ERROR' || reply.code === 'CLIENT_ERROR') {
      // What it didn't understand may have had a part that it takes for the next command.
      return this.end(`it refused a command: ${reply.code} ${reply.rest}`)
    }
    pending.exchange.take(reply)
    if (--pending.left > 0) return
    this.#pending[this.#first++] = null
    if (this.#first === this.#pending.length) {
      this.#pending.length = 0
      this.#first = 0
      if (this.#isEnding && !this.#isFlushDue) this.end('it was closed')
    } else if (this.#first === cutAt) {
      this.#pending.splice(0, cutAt)
      this.#first = 0
    }
  }

  /** One timer for all: it looks at the oldest command, and again when that one's time would be up. */
  #startTimer(afterMs: number): NodeJS.Timeout {
    return setTimeout(this.#look, afterMs).unref()
  }

  readonly #look = (): void => {
    this.#timer = undefined
    const oldest = this.#pending[this.#first] ?? null
    if (oldest === null) return
    const leftMs = oldest.deadlineMs - performance.now()
    if (leftMs > 0) this.#timer = this.#startTimer(Math.ceil(leftMs))
    // A process that was busy for long sees its timers first and the answers that have come meanwhile after them.
    else setImmediate(() => this.#endIfWaitingFor(oldest))
  }

  #endIfWaitingFor(oldest: Pending): void {
    if (this.#pending[this.#first] === oldest) {
      this.#isTimedOut = true
      this.end(`it gave no answer within ${this.#timeoutMs} ms`)
    } else if (this.#first < this.#pending.length && this.#failure === null) this.#timer ??= this.#startTimer(0)
  }
}

function reasonOf(error: Error): string {
  // An address with several families fails with one error for each, and no message of its own.
  if (error instanceof AggregateError) return error.errors.map(String).join('; ')
  return error.message
}
