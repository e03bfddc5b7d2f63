import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { Client } from 'pg'
import { integers, texts } from '../../src/storage/postgres/literals.ts'

describe('array literals', () => {
  it.each([
    [texts([]), '{}'],
    [texts(['a', null, 'NULL', '']), '{"a",NULL,"NULL",""}'],
    [texts(['{,}', 'a"b', 'c\\d']), '{"{,}","a\\"b","c\\\\d"}'],
    [integers([]), '{}'],
    [integers([1, -2n, null, 2n ** 63n - 1n]), '{1,-2,NULL,9223372036854775807}'],
  ])('are written as %s', (written, literal) => {
    expect(written).toBe(literal)
  })

  it('are read by the server as what they were written from', async () => {
    const client = new Client(inject('postgresUrl'))
    await client.connect()
    const value = fc.option(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')))
    const number = fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    const sql = 'SELECT to_json($1::text[]) AS texts, ($2::bigint[])::text[] AS numbers'
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.array(number), async (values, numbers) => {
        const { rows } = await client.query<{ texts: unknown; numbers: unknown }>(sql, [
          texts(values),
          integers(numbers),
        ])
        expect(rows).toEqual([{ texts: values, numbers: numbers.map((one) => one?.toString() ?? null) }])
      }),
    )
    await client.end()
  })
})
