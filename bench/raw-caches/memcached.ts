import { once } from 'node:events'
import { connect } from 'node:net'
import type { RawCache } from './raw-cache.ts'

const lineEnd = Buffer.from('\r\n')
const cutAt = 1024

/**
 * The least that a client of memcached can do: one connection, what is asked in one turn of the event loop goes in one piece, answers in
 * order. It knows no fault, no time limit and no token.
 */
export async function rawMemcached(url: string): Promise<RawCache> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  let waiting: (((text: string | null) => void) | undefined)[] = []
  let first = 0
  let out = ''
  let rest: Buffer = Buffer.alloc(0)
  const send = (command: string): Promise<string | null> =>
    new Promise((resolve) => {
      if (out === '') process.nextTick(flush)
      out += command
      waiting.push(resolve)
    })
  const flush = (): void => {
    socket.write(out, 'latin1')
    out = ''
  }
  const answer = (text: string | null): void => {
    waiting[first]?.(text)
    // What was answered is not to be kept.
    waiting[first] = undefined
    first += 1
    if (first < cutAt && first < waiting.length) return
    waiting = waiting.slice(first)
    first = 0
  }
  socket.on('data', (piece: Buffer) => {
    const data = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    for (;;) {
      const end = data.indexOf(lineEnd, at)
      if (end === -1) break
      const isValue = data[at] === 0x56
      if (!isValue) {
        answer(null)
        at = end + 2
        continue
      }
      const bytes = Number(data.toString('latin1', at + 3, end))
      const next = end + 2 + bytes + 2
      if (next > data.length) break
      answer(data.toString('utf8', end + 2, end + 2 + bytes))
      at = next
    }
    rest = data.subarray(at)
  })
  return {
    get: (key) => send(`mg ${key} v\r\n`),
    async set(key, text) {
      await send(`ms ${key} ${text.length}\r\n${text}\r\n`)
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}
