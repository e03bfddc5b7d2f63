import { changeChannel } from './cached-statements.ts'
import type { PgClient } from './connection.ts'

// A server that restarts is back soon; one that stays away is not asked more often than this.
const retryMsLeast = 100
const retryMsMost = 10_000

/** A connection of its own, for as long as it takes. */
export interface OwnClient {
  readonly client: Pick<PgClient, 'query' | 'on'>
  /** Closes it; never rejects. */
  close(): Promise<void>
}

/** Hears of changes on a connection of its own, and takes another one when it breaks. */
export class Listener {
  readonly #open: () => Promise<OwnClient>
  readonly #wake: () => void
  #own: OwnClient | null = null
  #timer: NodeJS.Timeout | null = null
  #underWay: Promise<void> = Promise.resolve()
  #retryMs = retryMsLeast
  #isStopped = false

  /** @param wake called when there may be changes, and whenever some may have been missed; must not throw */
  constructor(open: () => Promise<OwnClient>, wake: () => void) {
    this.#open = open
    this.#wake = wake
  }

  /**
   * Listens from now on.
   *
   * @throws what the driver throws, if the first connection can't be made; nothing is left then
   */
  async start(): Promise<void> {
    await this.#connect()
  }

  /** Stops listening; never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#underWay
    await this.#close()
  }

  async #connect(): Promise<void> {
    const own = await this.#open()
    this.#own = own
    const lost = (): void => {
      if (this.#own !== own) return
      void this.#close()
      this.#retry()
    }
    own.client.on('error', lost)
    own.client.on('end', lost)
    own.client.on('notification', this.#wake)
    try {
      await own.client.query({ text: `LISTEN ${changeChannel}` })
    } catch (error) {
      await this.#close()
      throw error
    }
    this.#retryMs = retryMsLeast
    // Whatever was told while nobody listened is heard of now.
    this.#wake()
  }

  #retry(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#underWay = this.#connect().catch(() => {
        this.#retry()
      })
    }, this.#retryMs)
    this.#timer.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, retryMsMost)
  }

  async #close(): Promise<void> {
    const own = this.#own
    this.#own = null
    await own?.close()
  }
}
