import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { createConnection } from 'mariadb'
import { Client } from 'pg'
import { describe, expect, inject, it } from 'vitest'
import { splitStatements } from '../../src/cli/bulk/split-statements.ts'
import type { SqlDialect } from '../../src/cli/bulk/sql-pieces.ts'

const split = (dialect: SqlDialect, text: string): (readonly [number, string])[] =>
  splitStatements('some.sql', text, dialect).map(({ line, sql }) => [line, sql])

/** Asks a real server, which refuses several statements in one text. */
interface Shell extends AsyncDisposable {
  ask(sql: string): Promise<unknown>
}

const shells: Readonly<Record<SqlDialect, () => Promise<Shell>>> = {
  sqlite: async () => {
    const database = new SqliteDatabase(':memory:')
    return {
      ask: async (sql) => database.prepare(sql).pluck().get(),
      [Symbol.asyncDispose]: async () => void database.close(),
    }
  },
  mysql: async () => {
    const connection = await createConnection(inject('mysqlUrl').replace(/^mysql:/, 'mariadb:'))
    return {
      ask: async (sql) => (await connection.query<unknown[][]>({ sql, rowsAsArray: true }))[0]?.[0],
      [Symbol.asyncDispose]: () => connection.end(),
    }
  },
  postgres: async () => {
    const client = new Client(inject('postgresUrl'))
    await client.connect()
    return {
      ask: async (sql) => {
        const query = { text: sql, rowMode: 'array', queryMode: 'extended' } as const
        return (await client.query<unknown[]>(query)).rows[0]?.[0]
      },
      [Symbol.asyncDispose]: () => client.end(),
    }
  },
}

// All that could be taken for the beginning or the end of something.
const letters = [
  "'",
  '"',
  '`',
  '$',
  '$$',
  '$a$',
  '\\',
  ';',
  '--',
  '-- ',
  '#',
  '/*',
  '*/',
  '/*!',
  '[',
  ']',
  '(',
  ')',
  '\n',
  'a',
  'E',
  ' ',
]
const anyText = fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 })
const lineText = anyText.map((text) => text.replaceAll('\n', ' '))

/** The ways to write a text so that the server reads it as it is. */
const literals: Readonly<Record<SqlDialect, readonly ((text: string) => string)[]>> = {
  sqlite: [doubled],
  mysql: [escaped("'"), escaped('"'), (text) => doubled(text.replaceAll('\\', '\\\\'))],
  postgres: [doubled, (text) => `E${escaped("'")(text)}`, (text) => `$end$${text}$end$`],
}

/** Quoted names that a column may have, with anything in them. */
const names: Readonly<Record<SqlDialect, readonly ((text: string) => string)[]>> = {
  sqlite: [quoted('"'), quoted('`'), (text) => `[${text.replaceAll(']', '')}a]`],
  mysql: [quoted('`')],
  postgres: [quoted('"')],
}

/** Comments with anything in them. */
const comments: Readonly<Record<SqlDialect, readonly ((text: string) => string)[]>> = {
  sqlite: [lineComment, blockComment],
  mysql: [lineComment, blockComment, (text) => `#${text}\n`],
  postgres: [lineComment, blockComment, (text) => `/* /* ${withoutComments(text)} */ ; ' */`],
}

function doubled(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function escaped(quote: string): (text: string) => string {
  return (text) => `${quote}${text.replaceAll(/['"\\]/g, '\\$&')}${quote}`
}

function quoted(quote: string): (text: string) => string {
  return (text) => `${quote}a${text.replaceAll(quote, quote + quote)}a${quote}`
}

function lineComment(text: string): string {
  return `-- ${text}\n`
}

function blockComment(text: string): string {
  return `/* ${withoutComments(text)} */`
}

function withoutComments(text: string): string {
  return text.replaceAll(/[*/]/g, '.')
}

/** A statement that answers a text, written with as much around it as a server bears. */
function statement(dialect: SqlDialect): fc.Arbitrary<{ readonly text: string; readonly sql: string }> {
  const parts = fc.record({
    text: anyText,
    name: lineText,
    remark: lineText,
    literal: fc.constantFrom(...literals[dialect]),
    toName: fc.constantFrom(...names[dialect]),
    toComment: fc.constantFrom(...comments[dialect]),
  })
  return parts.map(({ text, name, remark, literal, toName, toComment }) => {
    const comment = toComment(remark)
    return { text, sql: `SELECT ${comment} ${literal(text)} ${comment} AS ${toName(name)}` }
  })
}

describe.each(['sqlite', 'mysql', 'postgres'] as const)('statements of %s', (dialect) => {
  it(
    'are split as the server itself reads them, whatever texts, names and comments hold',
    { timeout: 60_000 },
    async () => {
      await using shell = await shells[dialect]()
      const gap = fc.constantFrom(';', ';\n', ' ; ;\n\n', ';-- a; b\n', '; /* ; */ ')
      const file = fc.array(fc.tuple(statement(dialect), gap), { maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(file, async (parts) => {
          const found = split(dialect, parts.map(([{ sql }, between]) => sql + between).join(''))
          expect(found.map(([, sql]) => sql)).toEqual(parts.map(([{ sql }]) => sql.trimEnd()))
          const answers = []
          for (const [, sql] of found) answers.push(await shell.ask(sql))
          expect(answers).toEqual(parts.map(([{ text }]) => text))
        }),
        { numRuns: 200 },
      )
    },
  )

  it('have the line that they begin in, behind blanks and comments', () => {
    const text = '\n-- one;\n  SELECT 1\n;SELECT\n2;\n\n;/* a\nb */ SELECT 3'
    expect(split(dialect, text)).toEqual([
      [3, 'SELECT 1'],
      [4, 'SELECT\n2'],
      [8, 'SELECT 3'],
    ])
  })

  it.each(['', ' \n;;\n', '-- nothing', '/* ; */;'])('are none in %j', (text) => {
    expect(split(dialect, text)).toEqual([])
  })

  it('are refused with the line where one has something that is never closed', () => {
    expect(() => split(dialect, "SELECT 1;\nSELECT 'it''s;\nSELECT 2")).toThrow(
      'some.sql, line 2: a quote is opened and not closed before the end',
    )
    expect(() => split(dialect, 'SELECT 1;\n\n/* why; SELECT 2')).toThrow('some.sql, line 3: a comment is opened')
  })

  it.each(['DELIMITER //', 'delimiter ;;', 'SELECT 1; Delimiter $$\nSELECT 2'])('have no DELIMITER: %j', (text) => {
    expect(() => split(dialect, text)).toThrow('some.sql, line 1: DELIMITER is a command of the shell mysql')
  })
})

describe('what only one of the databases has', () => {
  it('backslashes in texts: MariaDB’s and MySQL’s always, PostgreSQL’s only behind an E, also in the next line', () => {
    expect(split('mysql', String.raw`SELECT 'a\';b'; SELECT "\";"`)).toHaveLength(2)
    expect(split('sqlite', String.raw`SELECT 'a\';SELECT 'b'`)).toHaveLength(2)
    expect(split('postgres', String.raw`SELECT 'a\';SELECT e'b\';'; SELECT nope'\'`)).toHaveLength(3)
    expect(split('postgres', "SELECT E'a' -- ;'\n '\\';b'; SELECT 'c'\n'\\'")).toHaveLength(2)
  })

  it('dollar quotes of PostgreSQL’s begin outside of names only, and end with the same tag', () => {
    expect(split('postgres', 'DO $$ BEGIN; END $$; SELECT $a$ ; $b$ ; $$ $a$; SELECT a$b$, $1; SELECT 2')).toHaveLength(
      4,
    )
    expect(split('mysql', 'SELECT 1 AS $$; SELECT 2 AS $$')).toHaveLength(2)
  })

  it('bodies of routines and rules of PostgreSQL’s hold semicolons', () => {
    const routine =
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END'
    const rule = 'CREATE RULE r AS ON INSERT TO a DO (DELETE FROM b; DELETE FROM c)'
    expect(split('postgres', `${routine}; ${rule}; SELECT 1`).map(([, sql]) => sql)).toEqual([
      routine,
      rule,
      'SELECT 1',
    ])
  })

  it('triggers of SQLite’s hold semicolons', () => {
    const trigger =
      'CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN c THEN 1 END; DELETE FROM d; END'
    expect(split('sqlite', `${trigger}; SELECT 1`).map(([, sql]) => sql)).toEqual([trigger, 'SELECT 1'])
  })

  it('comments that MariaDB and MySQL carry out are statements, and nothing reaches out of them', () => {
    expect(split('mysql', "/*!50000 SELECT ';' */; SELECT 1 /*M! + 1; */ ;").map(([, sql]) => sql)).toEqual([
      "/*!50000 SELECT ';' */",
      'SELECT 1 /*M! + 1; */',
    ])
    expect(() => split('mysql', "SELECT 1 /*!99999 it's */; SELECT 'a'")).toThrow('line 1: a comment is opened')
  })

  it('two dashes without a blank are two minus signs in MariaDB and MySQL', () => {
    expect(split('mysql', 'SELECT 1--1; SELECT 2')).toHaveLength(2)
    expect(split('sqlite', 'SELECT 1--1; SELECT 2')).toHaveLength(1)
  })

  it('commands of psql and sqlite3 are refused', () => {
    expect(() => split('postgres', 'SELECT 1;\n\\copy a from b')).toThrow('line 2: lines that begin with \\ are')
    expect(() => split('sqlite', 'SELECT 1;\n.mode csv')).toThrow('line 2: lines that begin with . are')
  })

  it('a large text takes no longer than it is long', () => {
    const values = Array.from({ length: 200_000 }, (_, number) => `(${number}, 'it''s \\\\ ;')`).join(',')
    expect(split('mysql', `INSERT INTO a VALUES ${values}; SELECT 1`)).toHaveLength(2)
  })
})
