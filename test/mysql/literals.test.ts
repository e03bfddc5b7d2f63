import fc from 'fast-check'
import { createConnection, type Connection } from 'mariadb'
import { describe, expect, inject, it } from 'vitest'
import { integer, integerOrNull, text, textOrNull } from '../../src/storage/mysql/literals.ts'

async function connect(): Promise<Connection> {
  return createConnection(inject('mysqlUrl').replace(/^mysql:/, 'mariadb:'))
}

const nasty = [
  "'",
  '\\',
  "\\'",
  "' OR 1 = 1 -- ",
  '\0',
  '\n',
  '\u001a',
  '%_',
  '?',
  ':name',
  '😀',
  'é',
  '\u00bf\u005c',
  '',
]

describe('a text as a literal', () => {
  it.each(['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'])(
    'comes back as it went in under sql_mode %j',
    async (sqlMode) => {
      const connection = await connect()
      await connection.query(`SET sql_mode = '${sqlMode}'`)
      const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...nasty), fc.string())
      await fc.assert(
        fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 20 }), async (values) => {
          const sql = `SELECT ${values.map((value) => text(value)).join(',')}`
          const [row] = await connection.query<string[][]>({ sql, rowsAsArray: true })
          expect(row).toEqual(values)
        }),
        { numRuns: 100 },
      )
      await connection.end()
    },
  )

  it('comes back as it went in whatever the character set of the connection', async () => {
    for (const charset of ['latin1', 'sjis', 'gbk']) {
      const connection = await connect()
      await connection.query(`SET character_set_client = ${charset}, character_set_connection = ${charset}`)
      const [row] = await connection.query<string[][]>({
        sql: `SELECT ${nasty.map((value) => `HEX(CONVERT(${text(value)} USING utf8mb4))`).join(',')}`,
        rowsAsArray: true,
      })
      expect(row).toEqual(nasty.map((value) => Buffer.from(value).toString('hex').toUpperCase()))
      await connection.end()
    }
  })

  it('is NULL for null alone', () => {
    expect(textOrNull(null)).toBe('NULL')
    expect(textOrNull('NULL')).toBe("'NULL'")
  })
})

describe('a whole number as a literal', () => {
  it.each([9_007_199_254_740_993n, 2n ** 63n - 1n, -(2n ** 63n) + 1n, 0n])('is %s to the last digit', async (value) => {
    const connection = await connect()
    const [row] = await connection.query<bigint[][]>({
      sql: `SELECT CAST(${integer(value)} AS SIGNED), ${integer(value)} + 0`,
      rowsAsArray: true,
    })
    expect(row?.map(String)).toEqual([value.toString(), value.toString()])
    await connection.end()
  })

  it('is refused when it isn’t one', () => {
    for (const value of [1.5, Number.NaN, Infinity, 2 ** 53]) expect(() => integer(value)).toThrow(/whole number/)
    expect(integerOrNull(null)).toBe('NULL')
    expect(integerOrNull(-5)).toBe('-5')
  })
})
