import type { Storage } from '../../index.ts'
import { openStorage } from '../storage-url.ts'
import { openHand, type Hand } from './by-hand.ts'

/** What a database had before a trial. */
export interface Before {
  /** The note about its cache; null where it had none. */
  readonly note: string | null
  /** Whether Stockpile's tables were there. */
  readonly hasTables: boolean
  /** The apps that it had. */
  readonly apps: readonly string[]
}

/** Looks at a database before a trial. */
export async function lookBefore(url: string): Promise<Before> {
  return withStorage(url, async (storage) => {
    const versions = await storage.schemaVersions()
    const apps = [...versions.keys()].flatMap((name) => (name.startsWith('app:') ? [name.slice(4)] : []))
    const hasTables = versions.size > 0
    return { note: hasTables ? await storage.cacheNote() : null, hasTables, apps }
  })
}

/**
 * Takes away what a trial has made: its app, and, where the database was empty before, Stockpile's own tables and the note about the cache.
 *
 * @returns what is left
 */
export async function cleanUp(url: string, app: string, before: Before): Promise<string[]> {
  const dialect = await withStorage(url, async (storage) => {
    const note = await storage.cacheNote()
    if (before.note === null && note !== null) await storage.noteCache(note, null)
    return storage.dialect
  })
  const hand = await openHand(url)
  try {
    await drop(hand, dialect, `${app}_stockpile_`)
    if (before.hasTables) {
      for (const table of ['meta', 'change']) await hand.run(forget(table, app))
    } else {
      await drop(hand, dialect, 'stockpile_')
    }
  } finally {
    await hand.close()
  }
  return [
    ...(before.hasTables ? ['rows in stockpile_commit, which Stockpile deletes by itself after a while'] : []),
    'a few values in the cache, which end by themselves within two minutes',
  ]
}

/** Deletes an app's rows in a table that all apps share: single keys of the primary key, or the few rows of a short list. */
function forget(table: string, app: string): string {
  return table === 'meta'
    ? `DELETE FROM stockpile_meta WHERE name IN ('app:${app}', 'generation:${app}')`
    : `DELETE FROM stockpile_change WHERE app = '${app}'`
}

async function drop(hand: Hand, dialect: Storage['dialect'], prefix: string): Promise<void> {
  const isOurs = `LIKE '${prefix.replaceAll('_', '!_')}%' ESCAPE '!'`
  // Each reads the catalogue of this database only, locks nothing, and answers names.
  const tables = {
    sqlite: `SELECT name FROM sqlite_master WHERE type = 'table' AND name ${isOurs}`,
    mysql: `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name ${isOurs}`,
    postgres: `SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = current_schema() AND tablename ${isOurs}`,
  }[dialect]
  // PostgreSQL's functions know of the tables' columns.
  for (const [name] of await hand.run(tables))
    await hand.run(`DROP TABLE ${String(name)}${dialect === 'postgres' ? ' CASCADE' : ''}`)
  if (dialect !== 'postgres') return
  const functions = `SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname ${isOurs}`
  for (const [name] of await hand.run(functions)) await hand.run(`DROP FUNCTION ${String(name)} CASCADE`)
}

async function withStorage<T>(url: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url, 'write')
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}
