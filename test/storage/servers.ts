import { inject } from 'vitest'
import type { Storage } from '../../src/storage/contract.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import { openLab as openMysqlLab } from '../mysql/open-lab.ts'
import { openLab as openPostgresLab } from '../postgres/open-lab.ts'
import { startMariaDb } from '../servers/mariadb.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { Server } from '../servers/server.ts'
import type { Lab } from './lab.ts'

/** What all storages on servers take. */
interface Options {
  readonly connectionsMax?: number
  readonly lockWaitMs?: number
  readonly outcomeWaitMs?: number
}

/** A database that is a server, to which connections are made that can be lost. */
export interface DatabaseServer {
  readonly name: string
  /** The url of the run's server. */
  readonly url: () => string
  readonly storage: (url: string, options?: Options) => Storage
  /**
   * Makes a lab on the run's server.
   *
   * @param target puts something between the storage and the database
   */
  readonly openLab: (options?: Options, target?: (url: string) => string) => Promise<Lab>
  /** Makes one whose statements can be read on their way. */
  readonly openLegibleLab: DatabaseServer['openLab']
  /** Starts a server of its own. */
  readonly start: () => Promise<Server>
  /** COMMIT on its way: the statement, not a part of a name, and not READ COMMITTED. */
  readonly commit: RegExp
}

/** The databases that are servers. */
export const servers: readonly DatabaseServer[] = [
  {
    name: 'mariadb',
    url: () => inject('mysqlUrl'),
    storage: mysql,
    openLab: openMysqlLab,
    openLegibleLab: openMysqlLab,
    start: startMariaDb,
    commit: /COMMIT$/,
  },
  {
    name: 'postgres',
    url: () => inject('postgresUrl'),
    storage: postgres,
    openLab: openPostgresLab,
    openLegibleLab: (options, target) => openPostgresLab({ preparedStatements: false, ...options }, target),
    start: startPostgres,
    commit: /(?<![A-Za-z_] ?)COMMIT(?![A-Za-z_])/,
  },
]
