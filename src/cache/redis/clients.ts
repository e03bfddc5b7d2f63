import { InvalidArgumentError } from '../../errors.ts'
import type { Connection } from './connection.ts'

/** A client of the package redis: the part that is used. */
export interface NodeRedisClient {
  sendCommand(args: readonly string[], options?: object): Promise<unknown>
  readonly options?: unknown
}

/** A client of the package ioredis: the part that is used. */
export interface IoRedisClient {
  call(command: string, args: string[]): Promise<unknown>
  readonly options?: unknown
}

/** A client of the application's own. */
export type RedisClient = NodeRedisClient | IoRedisClient

const rule =
  'a URL such as redis://user:password@host:6379/0, or one connection to one server: a client of the package redis or ioredis, no ' +
  'cluster, pool or sentinel, and without keyPrefix'

/** A connection that the application has opened, and ends. */
export function borrowConnection(target: unknown): Connection {
  const send = senderOf(target)
  return { send, sendTogether: null, reset: () => undefined, close: async () => undefined }
}

function senderOf(target: unknown): Connection['send'] {
  if (typeof target !== 'object' || target === null) throw new InvalidArgumentError('target', target, rule)
  const isMany = ['slots', 'masters', 'getMasterNode', 'nodes', 'acquire', 'execute'].some((name) => name in target)
  const options: unknown = 'options' in target ? target.options : null
  if (isMany || textAt(options, 'keyPrefix') !== undefined) throw new InvalidArgumentError('target', target, rule)
  if ('call' in target && typeof target.call === 'function') {
    const client = target as IoRedisClient
    return ([command = '', ...args]) => client.call(command, args)
  }
  if ('sendCommand' in target && typeof target.sendCommand === 'function') {
    const client = target as NodeRedisClient
    // Text, whatever else the application has its client answer with.
    const asText = { typeMapping: {} }
    return (args) => client.sendCommand(args, asText)
  }
  throw new InvalidArgumentError('target', target, rule)
}

/** Where a URL or a client leads to, without password. */
export function locationOf(target: string | RedisClient): string {
  if (typeof target === 'string') {
    const url = URL.canParse(target) ? new URL(target) : null
    if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) {
      throw new InvalidArgumentError('target', target.replace(/\/\/.*@/, '//***@'), rule)
    }
    return location(url.hostname, url.port, url.pathname.slice(1))
  }
  const { options } = target
  // Of the package redis under `socket` and `database`, of ioredis beside one another.
  const socket = partOf(options, 'socket') ?? options
  const path = textAt(socket, 'path')
  const database = textAt(options, 'database') ?? textAt(options, 'db')
  if (path !== undefined) return `redis:${path}/${database ?? 0}`
  return location(textAt(socket, 'host'), textAt(socket, 'port'), database)
}

function location(host = 'localhost', port = '', database = ''): string {
  return `redis://${host.toLowerCase() || 'localhost'}:${port || 6379}/${database || 0}`
}

function partOf(thing: unknown, name: string): unknown {
  return typeof thing === 'object' && thing !== null ? (thing as Readonly<Record<string, unknown>>)[name] : undefined
}

function textAt(thing: unknown, name: string): string | undefined {
  const value = partOf(thing, name)
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined
}
