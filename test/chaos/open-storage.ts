import type { Storage } from '../../src/index.ts'

/** What a test says about how a storage waits, where it says anything. */
export interface WaitOptions {
  readonly lockWaitMs?: number
  /** Servers only. */
  readonly outcomeWaitMs?: number
}

/**
 * Opens the storage that a url names, in whatever process this is called.
 *
 * @param url `sqlite:` and a path, `mysql://` or `postgres://`
 */
export async function openStorage(url: string, options: WaitOptions = {}): Promise<Storage> {
  // Only the one that is needed is loaded: workers have to start quickly.
  if (url.startsWith('sqlite:')) {
    const { sqlite } = await import('../../src/storage/sqlite/index.ts')
    return sqlite(url.slice('sqlite:'.length), options)
  }
  if (url.startsWith('mysql:')) {
    const { mysql } = await import('../../src/storage/mysql/index.ts')
    return mysql(url, options)
  }
  const { postgres } = await import('../../src/storage/postgres/index.ts')
  return postgres(url, options)
}
