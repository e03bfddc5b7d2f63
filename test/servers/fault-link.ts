import type { Socket } from 'node:net'

/** What becomes of a request that matches: see the methods of `FaultProxy` that set it. */
export interface Trap {
  readonly kind: 'drop reply' | 'drop request' | 'postpone request'
  readonly match: RegExp
  /** Called once, when the client has lost its connection; `deliver` lets a postponed request through. */
  readonly sprung: (deliver: () => Promise<void>) => void
}

type Piece = Buffer | 'end' | 'reset'

// A request may be split over two pieces of data: this much of the piece before is searched again.
const overlapChars = 256

/** One client's connection through a fault proxy: the client's socket, the server's, and what happens between them. */
export class FaultLink {
  readonly #client: Socket
  readonly #server: Socket
  readonly #toServer: Flow
  readonly #toClient: Flow
  readonly #takeTrap: (request: string) => Trap | undefined
  #requestEnd = ''
  #isTrapped = false

  /**
   * @param client the accepted socket
   * @param server the socket to the server, which may still be connecting
   * @param takeTrap gives the trap that a request springs, if any, and takes it out of use
   */
  constructor(client: Socket, server: Socket, takeTrap: (request: string) => Trap | undefined) {
    this.#client = client
    this.#server = server
    this.#toServer = new Flow(server)
    this.#toClient = new Flow(client)
    this.#takeTrap = takeTrap
    // A connection that ends badly is what this is for: 'close' follows and is handled.
    client.on('error', () => undefined)
    server.on('error', () => undefined)
    client.on('data', (data) => this.#onRequest(data))
    server.on('data', (data) => this.#reply(data))
    client.on('end', () => this.#request('end'))
    server.on('end', () => this.#reply('end'))
    client.on('close', (hadError) => this.#request(hadError ? 'reset' : 'end'))
    server.on('close', (hadError) => this.#reply(hadError ? 'reset' : 'end'))
  }

  /** Holds all data back, or passes it on after a while. */
  apply(isHeld: boolean, delayMs: number): void {
    this.#toServer.apply(isHeld, delayMs)
    this.#toClient.apply(isHeld, delayMs)
  }

  /** Makes sure that a new trap doesn't match what was sent before it was set. */
  forgetRequests(): void {
    this.#requestEnd = ''
  }

  /** Resets both connections. */
  reset(): void {
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  #onRequest(data: Buffer): void {
    if (this.#isTrapped) return
    const text = this.#requestEnd + data.toString('latin1')
    this.#requestEnd = text.slice(-overlapChars)
    const trap = this.#takeTrap(text)
    if (trap === undefined) this.#toServer.push(data)
    else this.#spring(trap, data)
  }

  #spring(trap: Trap, data: Buffer): void {
    this.#isTrapped = true
    const { promise: served, resolve } = Promise.withResolvers<void>()
    this.#server.once('close', () => resolve())
    // The server works off all that it was sent before it takes notice of the end of the stream and closes, so its
    // closing says that the request was executed, whatever the protocol.
    const deliver = (): Promise<void> => {
      this.#toServer.push(data)
      this.#toServer.push('end')
      return served
    }
    const loseClient = (): void => {
      this.#client.resetAndDestroy()
      trap.sprung(deliver)
    }
    if (trap.kind === 'postpone request') {
      loseClient()
    } else {
      this.#server.once('close', loseClient)
      if (trap.kind === 'drop request') this.#toServer.push('end')
      else void deliver()
    }
  }

  #request(piece: Piece): void {
    if (!this.#isTrapped) this.#toServer.push(piece)
  }

  #reply(piece: Piece): void {
    if (!this.#isTrapped) this.#toClient.push(piece)
  }
}

/** One direction of a link: keeps the order, holds back, delays. */
class Flow {
  readonly #sink: Socket
  readonly #waiting: { readonly piece: Piece; dueMs: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #isHeld = false
  #delayMs = 0

  constructor(sink: Socket) {
    this.#sink = sink
    sink.once('close', () => clearTimeout(this.#timer))
  }

  apply(isHeld: boolean, delayMs: number): void {
    this.#isHeld = isHeld
    this.#delayMs = delayMs
    const latestMs = performance.now() + delayMs
    for (const entry of this.#waiting) entry.dueMs = Math.min(entry.dueMs, latestMs)
    this.#flush()
  }

  push(piece: Piece): void {
    this.#waiting.push({ piece, dueMs: performance.now() + this.#delayMs })
    this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    if (this.#isHeld || this.#sink.destroyed) return
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined) return
      const remainingMs = next.dueMs - performance.now()
      if (remainingMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), Math.ceil(remainingMs))
        return
      }
      this.#waiting.shift()
      this.#pass(next.piece)
    }
  }

  #pass(piece: Piece): void {
    if (piece === 'reset') this.#sink.resetAndDestroy()
    else if (piece === 'end') this.#sink.end()
    else if (this.#sink.writable) this.#sink.write(piece)
  }
}
