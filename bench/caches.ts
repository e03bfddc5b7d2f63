import { execFileSync } from 'node:child_process'
import { findProgram } from '../scripts/find-program.mjs'
import type { Cache } from '../src/index.ts'
import { startMemcached } from '../test/servers/memcached.ts'
import { startRedis } from '../test/servers/redis.ts'
import { loadMemcached, loadRedis, memoryCache } from './stockpile.ts'

/** A place for cached accounts: this process, or a private server. */
export interface CachePlace extends AsyncDisposable {
  readonly name: 'memory' | 'memcached' | 'Redis'
  readonly version: string
  /** The server's process; null where there is none. */
  readonly pid: number | null
  /** The server's address; empty where there is none. */
  readonly url: string
  /** Opens it for a Stockpile, which ends it. */
  open(): Cache
}

/** Starts a place of each kind. */
export async function startCaches(): Promise<CachePlace[]> {
  return [startMemory(), await startMemcachedPlace(), await startRedisPlace()]
}

function startMemory(): CachePlace {
  return {
    name: 'memory',
    version: 'memory of this process',
    pid: null,
    url: '',
    open: () => memoryCache({ bytesMax: 256 * 2 ** 20 }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function startMemcachedPlace(): Promise<CachePlace> {
  const memcached = await loadMemcached()
  const server = await startMemcached({ args: ['-m', '512'] })
  const { pid, url } = server
  return {
    name: 'memcached',
    version: versionOf('memcached', '-V'),
    pid: pid ?? null,
    url,
    open: () => memcached(url),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

async function startRedisPlace(): Promise<CachePlace> {
  const redis = await loadRedis()
  const server = await startRedis()
  const { pid, url } = server
  return {
    name: 'Redis',
    version: `Redis ${versionOf('redis-server', '--version').match(/v=(\S+)/)?.[1] ?? ''}`,
    pid: pid ?? null,
    url,
    open: () => redis(url),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

function versionOf(program: string, question: string): string {
  return execFileSync(findProgram(program) ?? program, [question], { encoding: 'utf8' }).trim()
}
