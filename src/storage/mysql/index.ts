import type { ConnectionConfig } from 'mariadb'
import { InvalidArgumentError } from '../../errors.ts'
import type { Storage } from '../contract.ts'
import { BorrowedConnections, type MariadbPool } from './borrowed-connections.ts'
import { OwnConnections } from './own-connections.ts'
import { MysqlStorage } from './storage.ts'

export type { MariadbPool } from './borrowed-connections.ts'

/** How a MariaDB or MySQL database is used. */
export interface MysqlOptions {
  /** How long to wait for a row that somebody else has locked, in milliseconds from 1, rounded up to seconds; 10,000 unless said otherwise. */
  readonly lockWaitMs?: number
  /**
   * How many connections to open at most, from 2; 16 unless said otherwise. Batches use one, deals that wait for locked rows up to four,
   * reads up to four, and each open transaction one of its own. The last two are kept from transactions, so that what they wait for can
   * go on. Counts only for a URL: a pool has its own limit, which should be at least two more than transactions are open at once.
   */
  readonly connectionsMax?: number
  /**
   * How long to try to find out what became of a COMMIT whose answer was lost, in milliseconds from 1; 30,000 unless said otherwise, which
   * is time enough for a server to come back from a crash. Then the caller gets `OutcomeUnknownError`.
   */
  readonly outcomeWaitMs?: number
}

/**
 * Keeps inventories in a database of a MariaDB (10.6 or later) or MySQL (8.0.16 or later) server, through the driver mariadb. The tables
 * are made by `stockpile.migrate()`, unless the Stockpile has `tables: 'auto'`.
 *
 * @param target a URL such as `mysql://user:password@host:3306/database`, or the application's own pool of the driver mariadb, which stays
 *   open at the end. A URL takes `?ssl=true` (encrypt, check the certificate), `?ssl=no-verify` (encrypt), `?socket=/path` and
 *   `?allowPublicKeyRetrieval=true` (MySQL's password exchange without encryption); whoever needs more makes a pool
 * @throws InvalidArgumentError for a target or an option that can't be
 * @example
 * const stockpile = new Stockpile({ storage: mysql('mysql://game:secret@db.example/farm') })
 */
export function mysql(target: string | MariadbPool, options: MysqlOptions = {}): Storage {
  const lockWaitMs = wholeNumber('lockWaitMs', options.lockWaitMs ?? 10_000, 1)
  const connectionsMax = wholeNumber('connectionsMax', options.connectionsMax ?? 16, 2)
  const outcomeWaitMs = wholeNumber('outcomeWaitMs', options.outcomeWaitMs ?? 30_000, 1)
  if (typeof target === 'string') {
    const { location, config } = parseUrl(target)
    return new MysqlStorage(new OwnConnections(location, config, { lockWaitMs, connectionsMax }), { outcomeWaitMs })
  }
  if (typeof target !== 'object' || target === null || typeof target.getConnection !== 'function') {
    throw new InvalidArgumentError('target', target, 'a URL, or a pool made by createPool of the driver mariadb')
  }
  return new MysqlStorage(new BorrowedConnections(target, { lockWaitMs }), { outcomeWaitMs })
}

function wholeNumber(argument: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new InvalidArgumentError(argument, value, `a whole number from ${least}`)
}

const urlRule = 'a URL such as mysql://user:password@host:3306/database'

/** What a URL says, and how to name it without its password. */
function parseUrl(url: string): { location: string; config: ConnectionConfig } {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const database = decode(parsed?.pathname.slice(1) ?? '')
  if (
    parsed === null ||
    (parsed.protocol !== 'mysql:' && parsed.protocol !== 'mariadb:') ||
    database === '' ||
    database.includes('/')
  ) {
    throw new InvalidArgumentError('target', withoutPassword(url), urlRule)
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost'
  const port = parsed.port === '' ? 3306 : Number(parsed.port)
  const config: ConnectionConfig = {
    host,
    port,
    database,
    ...(parsed.username === '' ? {} : { user: decode(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decode(parsed.password) }),
  }
  for (const [name, value] of parsed.searchParams) Object.assign(config, parameter(name, value))
  return { location: `mysql://${config.socketPath ?? `${parsed.hostname || 'localhost'}:${port}`}/${database}`, config }
}

function parameter(name: string, value: string): ConnectionConfig {
  if (name === 'ssl' && value === 'true') return { ssl: true }
  if (name === 'ssl' && value === 'no-verify') return { ssl: { rejectUnauthorized: false } }
  if (name === 'socket' && value !== '') return { socketPath: value }
  if (name === 'allowPublicKeyRetrieval' && value === 'true') return { allowPublicKeyRetrieval: true }
  throw new InvalidArgumentError(
    'target',
    `?${name}=${value}`,
    'a URL with ssl=true, ssl=no-verify, socket=/path or allowPublicKeyRetrieval=true',
  )
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':***@')
}
