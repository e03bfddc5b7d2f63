import SqliteDatabase from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { readFiles } from '../tidy/source-file.ts'

/** The tables that ARCHITECTURE.md describes, with their columns. */
function describedTables(app: string): Record<string, string[]> {
  const [page] = readFiles(/^ARCHITECTURE\.md$/)
  const sections =
    page?.text
      .split('\n## Tables\n')[1]
      ?.split('\n## ')[0]
      ?.split(/\n(?=`[^`\n]*stockpile_\w+`)/) ?? []
  const tables = sections.slice(1).map((section) => {
    const name = /^`([^`]*)`/.exec(section)?.[1]?.replace('{app}', app) ?? ''
    return [name, [...section.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1] ?? '')]
  })
  return Object.fromEntries(tables) as Record<string, string[]>
}

/** The tables that there are. */
async function madeTables(app: string): Promise<Record<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'stockpile-tables-'))
  try {
    const path = join(folder, 'tables.db')
    await using stockpile = new Stockpile({ storage: sqlite(path) })
    await stockpile.migrate([app])
    const database = new SqliteDatabase(path)
    const names = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[]
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').pluck()
    const tables = Object.fromEntries(names.map((name) => [name, columns.all(name) as string[]]))
    database.close()
    return tables
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('ARCHITECTURE.md', () => {
  it('describes every table and every column that there is, and no other', async () => {
    const sorted = (tables: Record<string, string[]>) =>
      Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, columns.toSorted()]))
    expect(sorted(describedTables('farm'))).toEqual(sorted(await madeTables('farm')))
  })
})
