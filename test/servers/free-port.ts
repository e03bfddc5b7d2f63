import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range from which Linux and macOS take the ports of outgoing connections (32768 and 49152 upwards):
// a server that was killed must find its own port still free when it comes back.
const portMin = 12_000
const portMax = 32_000
const attemptsMax = 50

/**
 * A TCP port of 127.0.0.1 that nothing listens on at this moment.
 *
 * Nothing reserves it: whoever binds it should be ready to ask for another one.
 *
 * @returns a port from 12000 to 31999
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = randomInt(portMin, portMax)
    if (await canListen(port)) return port
  }
  throw new Error(`No free port of 127.0.0.1 found: ${attemptsMax} from ${portMin} to ${portMax - 1} were all taken.`)
}

async function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  return promise
}
