import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createClient } from 'redis'

/** A cache as everybody uses it: keys, texts, and nothing that keeps them together with a database. */
export interface PlainCache {
  get(key: string): Promise<string | null>
  set(key: string, text: string): Promise<void>
  /** Stores where nothing is. */
  add(key: string, text: string): Promise<void>
  delete(key: string): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * Connects to a cache server.
 *
 * @param url `memcached://` or `redis://`
 */
export async function openPlainCache(url: string): Promise<PlainCache> {
  return url.startsWith('redis:') ? openRedis(url) : openMemcached(url)
}

async function openRedis(url: string): Promise<PlainCache> {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  return {
    get: (key) => client.get(key),
    set: async (key, text) => {
      await client.set(key, text)
    },
    add: async (key, text) => {
      await client.set(key, text, { condition: 'NX' })
    },
    delete: async (key) => {
      await client.del(key)
    },
    flush: async () => {
      await client.flushDb()
    },
    close: async () => {
      client.destroy()
    },
  }
}

async function openMemcached(url: string): Promise<PlainCache> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const lines = new Lines(socket)
  const store = async (verb: string, key: string, text: string): Promise<void> => {
    await lines.ask(`${verb} ${key} 0 0 ${Buffer.byteLength(text)}\r\n${text}\r\n`)
  }
  return {
    get: async (key) => {
      const answer = await lines.ask(`get ${key}\r\n`)
      return answer.length === 1 ? null : answer[1]!
    },
    set: (key, text) => store('set', key, text),
    add: (key, text) => store('add', key, text),
    delete: async (key) => {
      await lines.ask(`delete ${key}\r\n`)
    },
    flush: async () => {
      await lines.ask('flush_all\r\n')
    },
    close: async () => {
      socket.destroy()
    },
  }
}

/** Commands of memcached's text protocol and their answers, in order; the texts have no line breaks. */
class Lines {
  readonly #socket: Socket
  readonly #waiting: { lines: string[]; resolve(lines: string[]): void; reject(error: Error): void }[] = []
  #rest = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => {
      const parts = (this.#rest + data).split('\r\n')
      this.#rest = parts.pop()!
      for (const line of parts) this.#hear(line)
    })
    socket.on('close', () => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error('memcached is gone'))
    })
  }

  ask(command: string): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines: [], resolve, reject })
      this.#socket.write(command)
    })
  }

  #hear(line: string): void {
    const first = this.#waiting[0]!
    first.lines.push(line)
    // A value is three lines; everything else is one.
    if (first.lines[0]!.startsWith('VALUE ') && first.lines.length < 3) return
    this.#waiting.shift()!.resolve(first.lines)
  }
}
