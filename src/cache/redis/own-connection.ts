import { DriverMissingError } from '../../errors.ts'
import type { Connection } from './connection.ts'

// Longer and longer, so that a server that comes back is not met by a crowd: from 20 ms to half a second.
const pauseMsMin = 20
const pauseMsMax = 500

// A host that is gone says nothing: long enough for TLS over a slow line.
const connectMsMax = 3_000

interface OpenClient {
  sendCommand(args: readonly string[]): Promise<unknown>
  destroy(): void
}

/** A command that waits for the connection. */
interface Waiting {
  readonly args: readonly string[]
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * A connection of our own, by the package redis, which must be installed. It is opened when it is needed, and again after it was lost;
 * what is sent while there is none fails at once.
 */
export class OwnConnection implements Connection {
  readonly #url: string
  #client: OpenClient | null = null
  #connecting: OpenClient | null = null
  #waiting: Waiting[] = []
  #failures = 0
  #nextTryMs = 0
  #lastFault: unknown = null
  #isClosed = false

  constructor(url: string) {
    this.#url = url
    // Loading it can take as long as an answer may, where a process starts on a busy machine: the first to ask should not wait for that.
    import('redis').catch(() => undefined)
  }

  send(args: readonly string[]): Promise<unknown> {
    if (this.#client !== null) return this.#client.sendCommand(args)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.push({ args, resolve, reject })
    if (this.#waiting.length === 1) void this.#open()
    return promise
  }

  sendTogether(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    // A client is one connection, and is replaced by another only between two turns: what waits for one gets the same one, too.
    return Promise.all(commands.map((args) => this.send(args)))
  }

  reset(): void {
    const client = this.#client
    this.#client = null
    client?.destroy()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.reset()
    this.#connecting?.destroy()
  }

  /** Opens a connection and sends what waits for it, in its order. */
  async #open(): Promise<void> {
    let fault: unknown = null
    try {
      if (this.#isClosed) throw new Error('the cache is closed')
      if (performance.now() < this.#nextTryMs) throw this.#lastFault
      this.#client = await this.#connect()
      this.#failures = 0
    } catch (error) {
      fault = error
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const { args, resolve, reject } of waiting) {
      if (this.#client === null) reject(fault)
      else this.#client.sendCommand(args).then(resolve, reject)
    }
  }

  async #connect(): Promise<OpenClient> {
    const { createClient } = await import('redis').catch((error: unknown) => {
      throw new DriverMissingError('redis', { cause: error })
    })
    const client = createClient({
      url: this.#url,
      RESP: 2,
      name: 'stockpile',
      disableOfflineQueue: true,
      // Each call has a time limit already; another one for each command takes longer than the command.
      commandOptions: { timeout: 0 },
      // A client that reconnects by itself would not tell; a new one is as cheap.
      socket: { reconnectStrategy: false, connectTimeout: connectMsMax },
    })
    const opened: OpenClient = {
      sendCommand: (args) => client.sendCommand(args),
      destroy: () => {
        if (this.#client === opened) this.#client = null
        if (client.isOpen) client.destroy()
      },
    }
    let fault: unknown = null
    client.on('error', (error) => {
      fault ??= error
      opened.destroy()
    })
    this.#connecting = opened
    try {
      await client.connect()
      return opened
    } catch (error) {
      // Once it is destroyed, the client says no more than that.
      this.#lastFault = fault ?? error
      this.#nextTryMs = performance.now() + Math.min(pauseMsMin * 2 ** this.#failures, pauseMsMax)
      this.#failures += 1
      throw this.#lastFault
    } finally {
      this.#connecting = null
    }
  }
}
