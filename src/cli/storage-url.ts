import { existsSync } from 'node:fs'
import type { Storage } from '../index.ts'
import { failure, usageError } from './command-errors.ts'
import { withoutPassword } from './report-failure.ts'

const examples =
  'sqlite:farm.db, mysql://user:password@host:3306/database or postgres://user:password@host:5432/database'

/**
 * Opens the storage that a URL names. The only place in Stockpile that names concrete dialects; each is loaded when it is asked for.
 *
 * @param url `sqlite:PATH`, `mysql://...`, `mariadb://...`, `postgres://...` or `postgresql://...`
 * @param access for `read`, a SQLite file that isn't there is an error: whoever only looks makes no files
 * @throws a usage error for a URL that names no storage
 */
export async function openStorage(url: string | undefined, access: 'read' | 'write'): Promise<Storage> {
  if (url === undefined || url === '') {
    throw usageError(
      'no storage is named: say where the inventories are with --storage URL or the environment variable STOCKPILE_STORAGE' +
        `\nURL is ${examples}`,
    )
  }
  const scheme = /^([a-z]+):/i.exec(url)?.[1] ?? ''
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return openSqlite(url, access)
    case 'mysql':
    case 'mariadb': {
      const { mysql } = await import('../storage/mysql/index.ts')
      return mysql(url)
    }
    case 'postgres':
    case 'postgresql': {
      const { postgres } = await import('../storage/postgres/index.ts')
      return postgres(url)
    }
    default:
      throw usageError(`'${withoutPassword(url)}' names no storage${guess(url)}\nURL is ${examples}`)
  }
}

async function openSqlite(url: string, access: 'read' | 'write'): Promise<Storage> {
  // `sqlite:farm.db`, and `sqlite:///full/path` as others write it.
  const path = url.slice('sqlite:'.length).replace(/^\/\//, '')
  if (path === '') throw usageError(`'${url}' names no file: write sqlite:farm.db, or sqlite:/full/path/farm.db`)
  if (access === 'read' && path !== ':memory:' && !existsSync(path))
    throw failure(`there is no file ${path}: check the path of --storage; stockpile migrate makes a new file`)
  const { sqlite } = await import('../storage/sqlite/index.ts')
  return sqlite(path)
}

function guess(url: string): string {
  if (url.includes('://')) return ''
  return /\.(db|sqlite3?)$/i.test(url) || existsSync(url) ? `; did you mean sqlite:${url}?` : ''
}
