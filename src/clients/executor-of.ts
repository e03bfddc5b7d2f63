import { JoinRefusedError } from '../errors.ts'
import type { Executor, Storage } from '../storage/contract.ts'
import { driverErrorOf } from './driver-error.ts'
import { fromDriver } from './from-driver.ts'
import { fromBetterSqlite, fromNodeSqlite } from './from-sqlite.ts'
import { fromKnex } from './from-knex.ts'
import { fromKysely } from './from-kysely.ts'
import { fromPrisma } from './from-prisma.ts'
import { fromTypeOrm } from './from-type-orm.ts'
import { has } from './has.ts'

type Dialect = Storage['dialect']

/** Takes any function, whatever it is called with. */
type Callable = (...parameters: never[]) => unknown

/**
 * A connection of the application's own with an open transaction: a client of pg, mysql2 (promises) or mariadb, a query runner or entity
 * manager of TypeORM; a transaction of postgres.js, Kysely, Knex or Prisma; a database of better-sqlite3 or node:sqlite; what
 * `fromDrizzle` answers; or an executor made by hand.
 */
export type Joinable =
  | { readonly query: Callable }
  | { readonly unsafe: Callable }
  | { readonly prepare: Callable }
  | { readonly executeQuery: Callable }
  | { readonly raw: Callable }
  | { readonly $queryRawUnsafe: Callable }

/** Tells a client by its structure: none of them is imported here. In this order, because some have what others have too. */
const recognized: readonly (readonly [
  isMeant: (connection: object) => boolean,
  make: (connection: never, dialect: Dialect) => Executor,
])[] = [
  [(connection) => has(connection, 'query') && 'dialect' in connection && 'client' in connection, asItIs],
  [(connection) => has(connection, 'executeQuery', 'getExecutor'), fromKysely],
  [(connection) => has(connection, 'raw') && 'client' in connection, fromKnex],
  [(connection) => has(connection, '$queryRawUnsafe', '$executeRawUnsafe'), fromPrisma],
  [
    (connection) => has(connection, 'query') && ('isTransactionActive' in connection || 'queryRunner' in connection),
    fromTypeOrm,
  ],
  [(connection) => has(connection, 'prepare', 'pragma'), fromBetterSqlite],
  [(connection) => has(connection, 'prepare', 'exec'), fromNodeSqlite],
  [(connection) => has(connection, 'unsafe') || has(connection, 'query'), fromDriver],
]

/**
 * What speaks to a connection of the application's own.
 *
 * @param dialect of the storage that it is to be joined to
 * @throws JoinRefusedError where it is no such connection, has no open transaction, or leads to another kind of database
 */
export function executorOf(connection: unknown, dialect: Dialect): Executor {
  if ((typeof connection !== 'object' && typeof connection !== 'function') || connection === null)
    throw new JoinRefusedError(`it is ${connection === null ? 'null' : typeof connection}`, { client: 'none' })
  const make = recognized.find(([isMeant]) => isMeant(connection))?.[1]
  if (make === undefined) {
    throw new JoinRefusedError(
      'it is no client that is known here: hand in an open transaction of pg, postgres.js, mysql2, mariadb, better-sqlite3, node:sqlite, ' +
        'Kysely, Knex, TypeORM or Prisma, fromDrizzle(tx, sql), or an executor made by hand',
      { client: 'unknown' },
    )
  }
  const executor = make(connection as never, dialect)
  if (executor.dialect !== dialect) {
    const names = { sqlite: 'SQLite', mysql: 'MariaDB or MySQL', postgres: 'PostgreSQL' }
    throw new JoinRefusedError(
      `it is made with ${executor.client} and leads to ${names[executor.dialect]}, and this Stockpile is on ${names[dialect]}: ` +
        'hand in the connection to the database that the Stockpile is on',
      { client: executor.client },
    )
  }
  return {
    dialect,
    client: executor.client,
    ...(executor.isInTransaction === undefined ? {} : { isInTransaction: () => executor.isInTransaction!() }),
    query: async (sql, parameters) => {
      try {
        return await executor.query(sql, parameters)
      } catch (error) {
        throw driverErrorOf(error)
      }
    },
  }
}

function asItIs(executor: Executor): Executor {
  return executor
}
