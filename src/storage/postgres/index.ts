import { InvalidArgumentError } from '../../errors.ts'
import type { Storage } from '../contract.ts'
import { Connections } from './connections.ts'
import type { OwnClient } from './listener.ts'
import { openClient, openPool } from './pool.ts'
import { PostgresStorage } from './storage.ts'
import { takeClient, type PgPool } from './take-client.ts'

export type { PgPool } from './take-client.ts'

/** How a PostgreSQL database is used. */
export interface PostgresOptions {
  /** How long to wait for a row that somebody else has locked, in milliseconds from 1; 10,000 unless said otherwise. */
  readonly lockWaitMs?: number
  /**
   * How many connections to open at most, from 2; 10 unless said otherwise. Batches use one, deals that wait for locked rows up to four,
   * reads up to four, and each open transaction one of its own. The last two are kept from transactions, so that what they wait for can
   * go on. Counts only for a URL: a pool has its own limit, which should be at least two more than transactions are open at once. Whoever
   * removes cached values listens on one more connection beside these, which a pool gives as one of its own.
   */
  readonly connectionsMax?: number
  /**
   * How long to try to find out what became of a COMMIT whose answer was lost, in milliseconds from 1; 30,000 unless said otherwise, which
   * is time enough for a server to come back from a crash. Then the caller gets `OutcomeUnknownError`.
   */
  readonly outcomeWaitMs?: number
  /**
   * Whether statements are prepared once per connection, which spares the server two thirds of its work for a lone deal and a sixth in a
   * batch of 128; true unless said otherwise. Say false behind a pooler that shares connections between transactions and can't do that.
   */
  readonly preparedStatements?: boolean
}

/**
 * Keeps inventories in a database of a PostgreSQL server (13 or later), through the driver pg. The tables are made by
 * `stockpile.migrate()`, unless the Stockpile has `tables: 'auto'`.
 *
 * A batch takes two round trips: BEGIN, locks and reads in the first, writes and COMMIT in the second. The driver carries each as one query
 * object of our own (`round.ts`). That was measured against what the drivers do by themselves, with pg 8.23.1, postgres 3.4.9, PostgreSQL
 * 18.4 and Node 24.21 on two cores, fsync on; processor time of Node and server in microseconds per deal, deals spread over 100,000
 * accounts:
 *
 * | way | 1 deal | 128 deals |
 * | --- | --- | --- |
 * | postgres, pipelined | 409 + 556 | 9.9 + 42.0 |
 * | pg, one statement at a time | 374 + 603 | 9.8 + 46.0 |
 * | pg, its option `pipeline` | 499 + 614 | 8.4 + 44.5 |
 * | pg, our rounds, COMMIT in one of its own | 258 + 545 | 6.9 + 42.2 |
 * | pg, our rounds, COMMIT along with the writes | 178 + 451 | 6.9 + 41.1 |
 *
 * Besides, postgres 3.4.9 ends the process with a TypeError when a connection that a transaction holds breaks between two statements.
 *
 * @param target a URL such as `postgres://user:password@host:5432/database`, with the parameters that the driver takes (`sslmode`), or
 *   the application's own `Pool` of the driver pg, which stays open at the end
 * @throws InvalidArgumentError for a target or an option that can't be
 * @example
 * const stockpile = new Stockpile({ storage: postgres('postgres://game:secret@db.example/farm') })
 */
export function postgres(target: string | PgPool, options: PostgresOptions = {}): Storage {
  const lockWaitMs = wholeNumber('lockWaitMs', options.lockWaitMs ?? 10_000, 1)
  const connectionsMax = wholeNumber('connectionsMax', options.connectionsMax ?? 10, 2)
  const outcomeWaitMs = wholeNumber('outcomeWaitMs', options.outcomeWaitMs ?? 30_000, 1)
  const { preparedStatements: isPrepared = true } = options
  if (typeof isPrepared !== 'boolean') {
    throw new InvalidArgumentError('preparedStatements', isPrepared, 'true or false')
  }
  const connections = new Connections({ ...sourceOf(target, connectionsMax), lockWaitMs, isPrepared })
  return new PostgresStorage(connections, { lockWaitMs, outcomeWaitMs })
}

function sourceOf(target: unknown, connectionsMax: number) {
  if (typeof target === 'string') {
    return {
      location: locationOf(target),
      openPool: () => openPool(target, connectionsMax),
      openOwn: () => openClient(target),
      connectionsMax,
      isOwn: true,
    }
  }
  if (!isPool(target)) {
    throw new InvalidArgumentError('target', target, 'a URL, or a Pool of the driver pg, without its option pipeline')
  }
  const location = "the application's PostgreSQL pool"
  return {
    location,
    openPool: async () => target,
    openOwn: () => takeOwn(target),
    connectionsMax: Infinity,
    isOwn: false,
  }
}

/** Takes a connection out of a pool for as long as it takes; it doesn't come back, since it listens. */
function takeOwn(pool: PgPool): Promise<OwnClient> {
  return takeClient(pool, (client) => {
    // Whoever uses it when it is lost is told.
    client.on('error', () => undefined)
    return {
      client,
      close: async () => {
        client.release(true)
      },
    }
  })
}

/** Whether it is a pool that can be worked with. A single client has no `totalCount`: it would be everybody's at once. */
function isPool(target: unknown): target is PgPool {
  if (typeof target !== 'object' || target === null) return false
  if (!('connect' in target) || typeof target.connect !== 'function' || !('totalCount' in target)) return false
  const options: unknown = 'options' in target ? target.options : null
  // With it the driver refuses query objects that aren't its own.
  return !(typeof options === 'object' && options !== null && 'pipeline' in options && options.pipeline === true)
}

function wholeNumber(argument: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new InvalidArgumentError(argument, value, `a whole number from ${least}`)
}

const urlRule = 'a URL such as postgres://user:password@host:5432/database'

/** How to name a database without its password. */
function locationOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')) {
    throw new InvalidArgumentError('target', url.replace(/\/\/.*@/, '//***@'), urlRule)
  }
  const host = parsed.host || parsed.searchParams.get('host') || 'localhost'
  return `postgres://${host}${parsed.pathname}`
}
