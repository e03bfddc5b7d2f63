import assert from 'node:assert'
import { createHash } from 'node:crypto'
import { UnsupportedCacheError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { incarnationOf, otherLifeCode, scriptNames, scriptOf, type Life, type ScriptName } from './scripts.ts'

/** What a script answered, and in which life. */
export interface Answer {
  readonly values: readonly unknown[]
  readonly incarnation: string
}

/** A script on its way; `values` is none, but a plain reading of keys. */
interface Call {
  readonly name: ScriptName | 'values'
  readonly keys: readonly string[]
  readonly args: readonly string[]
  /** The life that it belongs to, or null where any will do. */
  readonly incarnation: string | null
  readonly resolve: (answer: Answer | Error) => void
  /** How many answers there had been before it. */
  readonly answersBefore: number
  /** When it is late. */
  readonly deadline: number
  tries: number
}

/** A life whose scripts are loaded. */
interface Loaded {
  readonly incarnation: string
  readonly hashes: Readonly<Record<ScriptName, string>>
}

// The first finds that the life is another one, the second that it has just changed again.
const triesMax = 3

/**
 * One server: runs scripts on it, in the order in which they are asked for, and knows which of its lives it is in.
 *
 * A server that is silent is not waited for by everybody: after a call was not answered in time, one call at a time finds out whether it
 * is back, and the others fail at once.
 */
export class Server {
  readonly #connection: Connection
  readonly #location: string
  readonly #timeoutMs: number
  #loaded: Loaded | null = null
  /** What waits for scripts to be loaded, in its order. */
  #waiting: Call[] = []
  #isLoading = false
  #answers = 0
  #isSilent = false
  /** What somebody waits for, in its order. */
  readonly #underWay = new Set<Call>()
  /** One for all: each may take equally long, so that the first that was asked is the first to be late. */
  #timer: NodeJS.Timeout | null = null
  #tellIdle: (() => void) | null = null

  constructor(connection: Connection, location: string, timeoutMs: number) {
    this.#connection = connection
    this.#location = location
    this.#timeoutMs = timeoutMs
  }

  /**
   * Runs a script.
   *
   * @param incarnation the life that it belongs to, where it makes no sense in another; null otherwise
   * @returns an error where there was no answer in time; the script may have been run, or may yet be. Never rejects.
   */
  run(
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
    incarnation: string | null = null,
  ): Promise<Answer | Error> {
    return this.#call(name, keys, args, incarnation)
  }

  /** Whether keys can be read without a script. */
  get canReadPlainly(): boolean {
    return this.#connection.sendTogether !== null
  }

  /**
   * Reads what lies under keys, at one moment, with a fraction of what a script takes for it.
   *
   * @returns a text of each, or null; or what `run` does
   */
  values(keys: readonly string[]): Promise<Answer | Error> {
    return this.#call('values', keys, [], null)
  }

  /** Waits until everything that was asked is answered, or late. */
  async idle(): Promise<void> {
    if (this.#underWay.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tellIdle = resolve
    await promise
  }

  #call(
    name: Call['name'],
    keys: readonly string[],
    args: readonly string[],
    incarnation: string | null,
  ): Promise<Answer | Error> {
    if (this.#isSilent && this.#underWay.size > 0) {
      return Promise.resolve(new Error('the server has not answered for a while'))
    }
    return new Promise((resolve) => {
      const deadline = performance.now() + this.#timeoutMs
      const answersBefore = this.#answers
      const call: Call = { name, keys, args, incarnation, resolve, answersBefore, deadline, tries: 0 }
      this.#underWay.add(call)
      if (this.#timer === null) this.#watch(this.#timeoutMs)
      else if (this.#underWay.size === 1) this.#timer.ref()
      this.#send(call)
    })
  }

  /** Gives the answer to who still waits for it. */
  #end(call: Call, answer: Answer | Error): void {
    if (!this.#underWay.delete(call)) return
    call.resolve(answer)
    if (this.#underWay.size > 0) return
    // A timer that is left alone costs less than one for each call; it keeps no process alive.
    this.#timer?.unref()
    this.#tellIdle?.()
  }

  #watch(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      // Where it was this process that stood still, the answers may have arrived: they are read before this runs.
      setImmediate(() => this.#endLate())
    }, waitMs)
  }

  #endLate(): void {
    const now = performance.now()
    for (const call of this.#underWay) {
      if (call.deadline > now) {
        if (this.#timer === null) this.#watch(call.deadline - now)
        return
      }
      this.#end(call, new Error(`the server did not answer within ${this.#timeoutMs} ms`))
      if (this.#answers !== call.answersBefore) continue
      this.#isSilent = true
      this.#connection.reset()
    }
  }

  #send(call: Call): void {
    if (!this.#underWay.has(call)) return
    const loaded = this.#loaded
    if (loaded === null) {
      this.#waiting.push(call)
      if (!this.#isLoading) void this.#load()
      return
    }
    if (call.incarnation !== null && call.incarnation !== loaded.incarnation) {
      this.#end(call, new Error('it belongs to another life of the server'))
      return
    }
    this.#carryOut(call, loaded).then(
      (values) => {
        this.#noteAnswer()
        this.#end(call, { values: values as unknown[], incarnation: loaded.incarnation })
      },
      (error: unknown) => this.#onError(call, loaded, error),
    )
  }

  async #carryOut({ name, keys, args }: Call, { hashes }: Loaded): Promise<unknown> {
    if (name !== 'values') {
      return this.#connection.send(['EVALSHA', hashes[name], String(keys.length), ...keys, ...args])
    }
    assert(this.#connection.sendTogether !== null)
    // The life that goes on after the keys were read went on while they were: none that has ended comes back.
    const [values] = await this.#connection.sendTogether([
      ['MGET', ...keys],
      ['EVALSHA', hashes.check, '0'],
    ])
    return values
  }

  #onError(call: Call, loaded: Loaded, error: unknown): void {
    if (!isOtherLife(error)) {
      this.#end(call, toError(error))
      return
    }
    this.#noteAnswer()
    if (this.#loaded === loaded) this.#loaded = null
    call.tries += 1
    if (call.tries < triesMax) this.#send(call)
    else this.#end(call, toError(error))
  }

  /** Finds out which life this is, and loads its scripts; then sends, or fails, what waits for that. */
  async #load(): Promise<void> {
    this.#isLoading = true
    let fault: unknown = null
    try {
      this.#loaded = await this.#meet()
      this.#noteAnswer()
    } catch (error) {
      fault = error
    }
    this.#isLoading = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const call of waiting) {
      if (fault === null) this.#send(call)
      else this.#end(call, toError(fault))
    }
  }

  async #meet(): Promise<Loaded> {
    const life = this.#lifeIn(textOf(await this.#connection.send(['INFO'])))
    const scripts = scriptNames.map((name) => scriptOf(name, life))
    await Promise.all(scripts.map((script) => this.#connection.send(['SCRIPT', 'LOAD', script])))
    const hashes = scripts.map((script, at) => [scriptNames[at], createHash('sha1').update(script).digest('hex')])
    return {
      incarnation: incarnationOf(life),
      hashes: Object.fromEntries(hashes) as Record<ScriptName, string>,
    }
  }

  #lifeIn(info: string): Life {
    const facts = new Map(
      info.split('\r\n').map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1)] as const
      }),
    )
    const version = facts.get('redis_version') ?? 'unknown'
    if (!(Number.parseInt(version, 10) >= 7)) {
      throw new UnsupportedCacheError(this.#location, `it is Redis ${version}`, 'use Redis 7 or later')
    }
    if (facts.get('redis_mode') !== 'standalone') {
      const fault = `it runs in the mode ${facts.get('redis_mode')}, and values and guards must lie on one server`
      throw new UnsupportedCacheError(this.#location, fault, 'use a server that is not part of a cluster')
    }
    if (facts.get('role') !== 'master') throw new Error('the server is a replica')
    const [runId = '', replicationId = ''] = [facts.get('run_id'), facts.get('master_replid')]
    if (!/^[0-9a-f]{40}$/.test(runId) || !/^[0-9a-f]{40}$/.test(replicationId)) {
      const fault = 'INFO does not tell its run_id and master_replid, so a restart could go unnoticed'
      throw new UnsupportedCacheError(this.#location, fault, 'use a Redis that tells them')
    }
    return { runId, replicationId }
  }

  #noteAnswer(): void {
    this.#answers += 1
    this.#isSilent = false
  }
}

/** Whether the server says that the script doesn't belong to it. */
function isOtherLife(error: unknown): boolean {
  return error instanceof Error && (error.message.startsWith('NOSCRIPT') || error.message.startsWith(otherLifeCode))
}

function toError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(String(fault))
}

function textOf(reply: unknown): string {
  return typeof reply === 'string' ? reply : String(reply)
}
