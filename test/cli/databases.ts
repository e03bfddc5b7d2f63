import { join } from 'node:path'
import { inject } from 'vitest'
import { createDatabase } from '../servers/create-database.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

/** A database of a test's own, and a folder for its files. */
export interface CliDatabase extends AsyncDisposable {
  /** What `--storage` is. */
  readonly url: string
  readonly folder: string
}

/** The databases that the command line is tested on, by the name of their dialect. */
export const dialects = ['sqlite', 'mysql', 'postgres'] as const

/** One of {@link dialects}. */
export type Dialect = (typeof dialects)[number]

/** Makes an empty database. */
export async function openDatabase(dialect: Dialect): Promise<CliDatabase> {
  const folder = await makeTempFolder('cli')
  const dispose = (): Promise<void> => removeTempFolder(folder)
  if (dialect === 'sqlite') return { url: `sqlite:${join(folder, 'own.db')}`, folder, [Symbol.asyncDispose]: dispose }
  const database = await createDatabase(inject(dialect === 'mysql' ? 'mysqlUrl' : 'postgresUrl'))
  return {
    url: database.url,
    folder,
    async [Symbol.asyncDispose]() {
      await database.drop()
      await dispose()
    },
  }
}
