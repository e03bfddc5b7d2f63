import { createServer, connect } from 'node:net'
import type { AddressInfo, Server as Listener, Socket } from 'node:net'
import { FaultLink } from './fault-link.ts'
import type { Trap } from './fault-link.ts'

/** What the proxy looks for in the bytes that a client sends, such as `COMMIT`; case does not matter in a text. */
export type Match = string | RegExp

/** A request on its way, whose client is gone. */
export interface PostponedRequest {
  /** Lets the request arrive; resolves when the server has executed it. Without it, the server waits for it. */
  deliver(): Promise<void>
}

/** A TCP proxy in front of a server, which passes everything through until it is told to be a fault. */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** How many clients are connected. */
  readonly connectionCount: number

  /** The same url, but through this proxy. */
  through(url: string): string

  /** Resets every connection, both ways. New ones are welcome. */
  cut(): void

  /** From now on nothing arrives any more, either way, and nobody is told: what was sent waits in the proxy. */
  blackhole(): void

  /** From now on every piece of data arrives this much later, either way and in its order. */
  delay(ms: number): void

  /** Back to passing everything through; what a blackhole or a delay held back arrives first. */
  heal(): void

  /**
   * Once: the next request that matches reaches the server and is executed, but its answer is lost and the client's
   * connection is reset. The match must be in the bytes that make the server act, not in a mere preparation.
   *
   * @returns resolves when the server has executed the request and the client has lost its connection, in this order
   */
  dropReplyAfter(match: Match): Promise<void>

  /**
   * Once: the next request that matches never reaches the server, which sees its client go away; then the client's
   * connection is reset.
   *
   * @returns resolves when both have lost their connection
   */
  dropRequest(match: Match): Promise<void>

  /**
   * Once: the next request that matches stays in the proxy while the client's connection is reset, so that the server
   * can execute it after the client has given it up: the hardest case of a COMMIT without an answer.
   *
   * @returns resolves when the client has lost its connection
   */
  postponeRequest(match: Match): Promise<PostponedRequest>

  /** Resets every connection and listens no more. A second call does nothing. */
  stop(): Promise<void>
}

const host = '127.0.0.1'

/**
 * Starts a fault proxy on a free port.
 *
 * @param target where the server listens
 * @example
 * await using proxy = await startFaultProxy(server)
 * const client = new Client(proxy.through(server.url))
 * const executed = proxy.dropReplyAfter('COMMIT')
 */
export async function startFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(target)
  await proxy.listen()
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly host = host
  readonly #target: { readonly host: string; readonly port: number }
  readonly #listener: Listener
  readonly #links = new Set<FaultLink>()
  readonly #traps: Trap[] = []
  #port = 0
  #delayMs = 0
  #isBlackhole = false

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#listener.once('error', reject)
    this.#listener.listen(0, host, resolve)
    await promise
    this.#port = (this.#listener.address() as AddressInfo).port
  }

  get port(): number {
    return this.#port
  }

  get connectionCount(): number {
    return this.#links.size
  }

  through(url: string): string {
    const changed = new URL(url)
    changed.hostname = host
    changed.port = String(this.#port)
    return changed.href
  }

  cut(): void {
    for (const link of this.#links) link.reset()
  }

  blackhole(): void {
    this.#isBlackhole = true
    this.#applyToAll()
  }

  delay(ms: number): void {
    this.#isBlackhole = false
    this.#delayMs = ms
    this.#applyToAll()
  }

  heal(): void {
    this.delay(0)
  }

  async dropReplyAfter(match: Match): Promise<void> {
    await this.#setTrap('drop reply', match)
  }

  async dropRequest(match: Match): Promise<void> {
    await this.#setTrap('drop request', match)
  }

  async postponeRequest(match: Match): Promise<PostponedRequest> {
    return { deliver: await this.#setTrap('postpone request', match) }
  }

  async stop(): Promise<void> {
    this.cut()
    if (!this.#listener.listening) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#listener.close(() => resolve())
    await promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true })
    const link = new FaultLink(client, server, (request) => this.#takeTrap(request))
    this.#links.add(link)
    const forget = (): void => {
      if (client.closed && server.closed) this.#links.delete(link)
    }
    client.once('close', forget)
    server.once('close', forget)
    link.apply(this.#isBlackhole, this.#delayMs)
  }

  #applyToAll(): void {
    for (const link of this.#links) link.apply(this.#isBlackhole, this.#delayMs)
  }

  async #setTrap(kind: Trap['kind'], match: Match): Promise<() => Promise<void>> {
    const { promise, resolve } = Promise.withResolvers<() => Promise<void>>()
    for (const link of this.#links) link.forgetRequests()
    this.#traps.push({ kind, match: patternOf(match), sprung: resolve })
    return promise
  }

  #takeTrap(request: string): Trap | undefined {
    const at = this.#traps.findIndex((trap) => trap.match.test(request))
    return at === -1 ? undefined : this.#traps.splice(at, 1)[0]
  }
}

function patternOf(match: Match): RegExp {
  // Without the flags that would make it remember where it matched last.
  if (match instanceof RegExp) return new RegExp(match.source, match.flags.replace(/[gy]/g, ''))
  return new RegExp(match.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i')
}
