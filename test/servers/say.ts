import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Says one command to a cache, over a connection of its own.
 *
 * @param command with its line end
 * @returns the first piece of the answer
 */
export async function say({ port }: { readonly port: number }, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(command)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  } finally {
    socket.destroy()
  }
}
