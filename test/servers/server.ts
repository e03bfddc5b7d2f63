import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { childrenOf, isAlive, signal as sendSignal } from './processes.ts'
import { serverUser } from './server-user.ts'
import { removeTempFolder } from './temp-folder.ts'
import { tellWatchdog } from './watchdog.ts'

/** A private server, of a database or a cache, on 127.0.0.1, with data of its own. */
export interface Server extends AsyncDisposable {
  readonly host: string
  /** Stays the same over {@link Server.restart}. */
  readonly port: number
  /** The url of its database `test`, with the name and password of its administrator; of a cache, where it is. */
  readonly url: string
  /** The folder that holds all that the server writes. */
  readonly folder: string
  /** The id of its main process, or undefined while it isn't running. */
  readonly pid: number | undefined
  /** The end of what it has logged, for messages about failures. */
  readonly log: string

  /**
   * Ends the server with all its processes and waits until they are gone. Does nothing where it isn't running.
   *
   * @param signal SIGKILL (the default) to crash it; SIGTERM to have it shut down in order, which sends its clients
   * away
   */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>

  /**
   * Starts the server again on the same port and data (a cache: empty), after killing it where it still runs; resolves when it has
   * recovered and answers.
   *
   * @throws Error with the server's log where it doesn't come back
   */
  restart(): Promise<void>

  /** Ends the server at once and deletes its folder. A second call does nothing. */
  stop(): Promise<void>
}

/** Options of every kind of server. */
export interface ServerOptions {
  /**
   * Whether a commit survives even a loss of power, as in production: every commit waits for the disk. Without it
   * (the default) a commit still survives the death of the server's processes, and takes a fraction of the time.
   */
  readonly durable?: boolean
  /** Further arguments of the server program. */
  readonly args?: readonly string[]
}

/** What differs from one kind of server to the next. */
export interface ServerProgram {
  readonly name: string
  readonly command: string
  readonly folder: string
  readonly args: (port: number) => readonly string[]
  readonly url: (port: number) => string
  /**
   * How it is known that it has started to answer: what it logs then, or a question that only this very process answers with yes, where it
   * logs nothing.
   */
  readonly ready: string | ((port: number, pid: number) => Promise<boolean>)
  /** What it logs when it can't start because another process has the port. */
  readonly portTakenText: string
  /** What it logs when processes of the server before it have not quite ended, if there can be any. */
  readonly predecessorText?: string
  /** The signal that it takes as the order to send its clients away and shut down. */
  readonly shutdownSignal: 'SIGTERM' | 'SIGINT'
  /** The signal with which it ends at once and leaves nothing behind outside its folder. */
  readonly endSignal: 'SIGKILL' | 'SIGQUIT'
  /** Clears away what a killed server leaves outside its folder. */
  readonly clear?: () => Promise<void>
}

type ServerChild = ChildProcessByStdio<null, Readable, Readable>
type StartOutcome = 'ready' | 'port taken' | 'predecessor lives'

const host = '127.0.0.1'
const startMsMax = 60_000
const endMsMax = 10_000
const pollMs = 2
const portAttemptsMax = 10
const logCharsMax = 64 * 1024

/**
 * Starts a server on a free port.
 *
 * @param program what to start, with its data in place
 * @returns the server, when it answers
 * @throws Error with the server's log where it doesn't start; nothing is left running then
 */
export async function startServer(program: ServerProgram): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const server = new ServerProcess(program, await freePort())
    const outcome = await server.start()
    if (outcome === 'ready') return server
    // Somebody took the port between our look and the server's.
    if (attempt === portAttemptsMax) throw server.failure(`found no free port in ${attempt} attempts`)
  }
}

class ServerProcess implements Server {
  readonly host = host
  readonly port: number
  readonly #program: ServerProgram
  #child: ServerChild | undefined
  #log = ''
  #isStopped = false

  constructor(program: ServerProgram, port: number) {
    this.#program = program
    this.port = port
  }

  get url(): string {
    return this.#program.url(this.port)
  }

  get folder(): string {
    return this.#program.folder
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get log(): string {
    return this.#log
  }

  async start(): Promise<StartOutcome> {
    const child = this.#spawn()
    const outcome = await this.#outcomeOf(child)
    if (outcome === 'ready') {
      // A server that was forgotten must not keep its owner from ending; the watchdog sees to the rest.
      child.unref()
      ;(child.stdout as Socket).unref()
      ;(child.stderr as Socket).unref()
    }
    return outcome
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.#end(signal === 'SIGKILL' ? signal : this.#program.shutdownSignal)
  }

  async restart(): Promise<void> {
    if (this.#isStopped) throw new Error(`${this.#program.name} was stopped, and its data deleted: start another one.`)
    await this.kill()
    const deadline = Date.now() + startMsMax
    while (Date.now() < deadline) {
      const outcome = await this.start()
      if (outcome === 'ready') return
      if (outcome === 'port taken') throw this.failure(`could not have its port ${this.port} back`)
    }
    throw this.failure(`could not restart within ${startMsMax} ms`)
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    await this.#end(this.#program.endSignal)
    await this.#program.clear?.()
    await removeTempFolder(this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  failure(what: string): Error {
    return new Error(`${this.#program.name} ${what}. The end of its log:\n${this.#log}`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const exit = once(child, 'exit')
    child.ref()
    const rest = signal === 'SIGKILL' ? crash(child.pid) : []
    child.kill(signal)
    await exit
    await untilGone(rest)
  }

  #spawn(): ServerChild {
    const child = spawn(this.#program.command, this.#program.args(this.port), {
      ...serverUser(),
      cwd: this.folder,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#log = ''
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8')
      output.on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-logCharsMax)
      })
    }
    const { pid } = child
    if (pid !== undefined) tellWatchdog({ watchProcess: pid, endWith: this.#program.endSignal })
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
      if (pid !== undefined) tellWatchdog({ forgetProcess: pid })
    })
    return child
  }

  async #outcomeOf(child: ServerChild): Promise<StartOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<StartOutcome>()
    const timer = setTimeout(() => reject(this.failure(`did not answer within ${startMsMax} ms`)), startMsMax)
    child.once('error', (error) => reject(new Error(`${this.#program.command} could not be run.`, { cause: error })))
    const stopLooking = this.#lookOut(child, () => resolve('ready'))
    // Not 'exit': what it has said last may still be in the pipe then.
    child.once('close', () => {
      if (this.#log.includes(this.#program.portTakenText)) resolve('port taken')
      else if (this.#hasPredecessor()) resolve('predecessor lives')
      else reject(this.failure('ended while it was starting'))
    })
    try {
      return await promise
    } catch (error) {
      await this.kill()
      throw error
    } finally {
      stopLooking()
      clearTimeout(timer)
    }
  }

  #hasPredecessor(): boolean {
    const { predecessorText } = this.#program
    return predecessorText !== undefined && this.#log.includes(predecessorText)
  }

  /** @returns what ends it */
  #lookOut(child: ServerChild, isReady: () => void): () => void {
    const { ready } = this.#program
    if (typeof ready === 'string') {
      const look = (): void => {
        if (this.#log.includes(ready)) isReady()
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      return () => undefined
    }
    let isOver = false
    const ask = async (): Promise<void> => {
      while (!isOver && child.pid !== undefined) {
        if (await ready(this.port, child.pid)) return isReady()
        await pause(pollMs)
      }
    }
    void ask()
    return () => {
      isOver = true
    }
  }
}

/**
 * Kills the processes that a server has started. They end by themselves when the main process is gone, but not at
 * once: PostgreSQL's go on answering for a moment, which is no crash.
 *
 * @returns their ids
 */
function crash(pid: number | undefined): readonly number[] {
  if (pid === undefined) return []
  // A main process that stands still can't start one more meanwhile.
  sendSignal(pid, 'SIGSTOP')
  const children = childrenOf(pid)
  sendSignal(pid, 'SIGKILL')
  for (const child of children) sendSignal(child, 'SIGKILL')
  return children
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + endMsMax
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error(`Processes ${pids.join(', ')} did not end within ${endMsMax} ms.`)
    await pause(pollMs)
  }
}

/**
 * The environment of a server and of the programs that make its data: without variables of the caller's such as PGDATA.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, TZ } = process.env
  return { PATH, ...(TZ === undefined ? {} : { TZ }), LC_ALL: 'C' }
}
