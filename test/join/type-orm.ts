import { DataSource, type DataSourceOptions } from 'typeorm'
import type { ClientKind } from './client.ts'

const settings: readonly (readonly [ClientKind['dialect'], (url: string) => DataSourceOptions])[] = [
  ['postgres', (url) => ({ type: 'postgres', url, poolSize: 1 })],
  ['mysql', (url) => ({ type: 'mysql', url, poolSize: 1 })],
  ['sqlite', (url) => ({ type: 'better-sqlite3', database: url })],
]

/** TypeORM by its entity managers. */
const managers: readonly ClientKind[] = settings.map(([dialect, optionsOf]) => ({
  name: `TypeORM's manager on ${dialect}`,
  dialect,
  open: async (url) => {
    const source = await new DataSource(optionsOf(url)).initialize()
    return {
      transaction: (work) =>
        source.transaction((manager) =>
          work({
            connection: manager,
            sql: async (statement) => {
              await manager.query(statement)
            },
          }),
        ),
      close: () => source.destroy(),
    }
  },
}))

/** TypeORM by its query runners. */
const runners: readonly ClientKind[] = settings.map(([dialect, optionsOf]) => ({
  name: `TypeORM's query runner on ${dialect}`,
  dialect,
  open: async (url) => {
    const source = await new DataSource(optionsOf(url)).initialize()
    return {
      transaction: async (work) => {
        const runner = source.createQueryRunner()
        await runner.startTransaction()
        try {
          await work({
            connection: runner,
            sql: async (statement) => {
              await runner.query(statement)
            },
          })
          await runner.commitTransaction()
        } catch (error) {
          await runner.rollbackTransaction()
          throw error
        } finally {
          await runner.release()
        }
      },
      close: () => source.destroy(),
    }
  },
}))

/** TypeORM, both ways. */
export const typeOrm: readonly ClientKind[] = [...managers, ...runners]
