import { DriverMissingError } from '../../errors.ts'
import type { Connection } from './connection.ts'

// Longer and longer, so that a server that comes back is not met by a crowd: from 20 ms to a second.
const pauseMsMin = 20
const pauseMsMax = 1_000

interface OpenClient {
  sendCommand(args: readonly string[]): Promise<unknown>
  destroy(): void
}

/**
 * A connection of our own, by the package redis, which must be installed. It is opened when it is needed, and again after it was lost;
 * what is sent while there is none fails at once.
 */
export class OwnConnection implements Connection {
  readonly #url: string
  #client: OpenClient | null = null
  #opening: Promise<OpenClient> | null = null
  #failures = 0
  #nextTryMs = 0
  #lastFault: unknown = null
  #isClosed = false

  constructor(url: string) {
    this.#url = url
  }

  send(args: readonly string[]): Promise<unknown> {
    if (this.#client !== null) return this.#client.sendCommand(args)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening.then((client) => client.sendCommand(args))
  }

  reset(): void {
    const client = this.#client
    this.#client = null
    client?.destroy()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.reset()
    await this.#opening?.catch(() => undefined)
    this.reset()
  }

  async #open(): Promise<OpenClient> {
    if (this.#isClosed) throw new Error('the cache is closed')
    if (performance.now() < this.#nextTryMs) throw this.#lastFault
    try {
      this.#client = await this.#connect()
      this.#failures = 0
      return this.#client
    } catch (error) {
      this.#lastFault = error
      this.#nextTryMs = performance.now() + Math.min(pauseMsMin * 2 ** this.#failures, pauseMsMax)
      this.#failures += 1
      throw error
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
      // A client that reconnects by itself would not tell; a new one is as cheap.
      socket: { reconnectStrategy: false },
    })
    const drop = (): void => {
      if (this.#client === opened) this.#client = null
      if (client.isOpen) client.destroy()
    }
    const opened: OpenClient = { sendCommand: (args) => client.sendCommand(args), destroy: drop }
    client.on('error', drop)
    await client.connect()
    return opened
  }
}
