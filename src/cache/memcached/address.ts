import { InvalidArgumentError } from '../../errors.ts'
import type { Target } from './connection.ts'

/** Where a server is. */
export interface Address {
  /** How all processes call it: which keys it has depends on it. */
  readonly name: string
  readonly target: Target
}

const portUsual = 11_211
const rule = "'host:port', 'host', 'unix:/path' or 'memcached://host:port' of each server"

/**
 * Reads the addresses of servers.
 *
 * @param servers one, or several
 * @returns them in the order of their names, so that it makes no difference in which order they were given
 * @throws InvalidArgumentError for none, for one twice, and for what is no address
 */
export function toAddresses(servers: string | readonly string[]): readonly Address[] {
  const given: readonly unknown[] = typeof servers === 'string' ? [servers] : Array.isArray(servers) ? servers : []
  if (given.length === 0) throw new InvalidArgumentError('servers', servers, `${rule}, at least one`)
  const addresses = given.map(toAddress)
  const names = new Set(addresses.map(({ name }) => name))
  if (names.size < addresses.length)
    throw new InvalidArgumentError('servers', servers, 'a list that names each server once')
  return addresses.toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

function toAddress(given: unknown): Address {
  if (typeof given !== 'string') throw new InvalidArgumentError('servers', given, rule)
  if (given.startsWith('unix:')) {
    const path = given.slice('unix:'.length)
    if (!path.startsWith('/')) throw new InvalidArgumentError('servers', given, "'unix:' and the full path of a socket")
    return { name: given, target: { path } }
  }
  const text = given.startsWith('memcached://') ? given : `memcached://${given}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.hostname === '' || !isBare(url))
    throw new InvalidArgumentError('servers', hidden(given), rule)
  if (url.port === '0') throw new InvalidArgumentError('servers', given, 'at a port from 1 to 65,535')
  const port = url.port === '' ? portUsual : Number(url.port)
  // The URL parser leaves the case of a host alone in schemes that it doesn't know.
  const host = url.hostname.toLowerCase()
  return { name: `${host}:${port}`, target: { host: host.replace(/^\[(.*)\]$/, '$1'), port } }
}

/** Whether it says nothing but where: the meta protocol knows no users. */
function isBare({ username, password, pathname, search, hash }: URL): boolean {
  return username === '' && password === '' && (pathname === '' || pathname === '/') && search === '' && hash === ''
}

function hidden(given: string): string {
  return given.replace(/^(.*\/\/)?.*@/, '$1***@')
}
