import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Parser, type Reply } from '../../src/cache/memcached/parser.ts'

const quiet: Reply = { code: '', cas: '', flags: -1, lease: null, text: null, rest: '' }

/** What a server sends, and how it is to be understood. */
const answers: readonly { readonly sent: string; readonly reply: Reply }[] = [
  { sent: 'VA 3 c12 f1\r\nabc\r\n', reply: { ...quiet, code: 'VA', cas: '12', flags: 1, text: 'abc' } },
  { sent: 'VA 0 c13 f0 W\r\n\r\n', reply: { ...quiet, code: 'VA', cas: '13', flags: 0, lease: 'won', text: '' } },
  { sent: 'VA 0 f0 c14 Z\r\n\r\n', reply: { ...quiet, code: 'VA', cas: '14', flags: 0, lease: 'taken', text: '' } },
  { sent: 'VA 6 f1\r\nü€x\r\n', reply: { ...quiet, code: 'VA', flags: 1, text: 'ü€x' } },
  {
    sent: 'VA 9 c1 f2\r\nEN\r\nHD\r\n\n\r\n',
    reply: { ...quiet, code: 'VA', cas: '1', flags: 2, text: 'EN\r\nHD\r\n\n' },
  },
  { sent: 'HD c18446744073709551615\r\n', reply: { ...quiet, code: 'HD', cas: '18446744073709551615' } },
  { sent: 'HD\r\n', reply: { ...quiet, code: 'HD' } },
  { sent: 'EN\r\n', reply: { ...quiet, code: 'EN' } },
  { sent: 'NF\r\n', reply: { ...quiet, code: 'NF' } },
  { sent: 'EX \r\n', reply: { ...quiet, code: 'EX' } },
  { sent: 'VERSION 1.6.18\r\n', reply: { ...quiet, code: 'VERSION', rest: '1.6.18' } },
  { sent: 'STAT pid 7\r\nSTAT inter a b\r\nEND\r\n', reply: { ...quiet, code: 'END', rest: 'pid 7\ninter a b' } },
  {
    sent: 'SERVER_ERROR out of memory storing object\r\n',
    reply: { ...quiet, code: 'SERVER_ERROR', rest: 'out of memory storing object' },
  },
  { sent: 'ERROR\r\n', reply: { ...quiet, code: 'ERROR' } },
]

/** What a parser makes of a stream that comes in these pieces, each of which is overwritten once it was taken. */
function parse(pieces: readonly Buffer[]): { replies: Reply[]; misunderstood: string[] } {
  const replies: Reply[] = []
  const misunderstood: string[] = []
  const parser = new Parser(
    (reply) => replies.push(reply),
    (what) => misunderstood.push(what),
  )
  for (const piece of pieces) {
    const lent = Buffer.from(piece)
    parser.push(lent)
    lent.fill(0)
  }
  return { replies, misunderstood }
}

test('answers are understood alike, however they are cut into pieces', () => {
  const anyAnswers = fc.array(fc.constantFrom(...answers), { minLength: 1, maxLength: 12 })
  const anyCuts = fc.array(fc.nat(400), { maxLength: 30 })
  fc.assert(
    fc.property(anyAnswers, anyCuts, (chosen, cuts) => {
      const stream = Buffer.from(chosen.map(({ sent }) => sent).join(''))
      const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]
      const pieces = places.slice(1).map((place, index) => stream.subarray(places[index], place))
      expect(parse(pieces)).toEqual({ replies: chosen.map(({ reply }) => reply), misunderstood: [] })
    }),
    { numRuns: 500 },
  )
})

test('every answer is understood byte by byte', () => {
  const stream = Buffer.from(answers.map(({ sent }) => sent).join(''))
  const bytes = Array.from(stream, (byte) => Buffer.of(byte))
  expect(parse(bytes).replies).toEqual(answers.map(({ reply }) => reply))
})

test('a value of a megabyte comes whole, out of many pieces', () => {
  const text = 'ü'.repeat(500_000)
  const stream = Buffer.from(`VA 1000000 c1 f1\r\n${text}\r\nEN\r\n`)
  const pieces = Array.from({ length: Math.ceil(stream.length / 65_536) }, (_, index) =>
    stream.subarray(index * 65_536, (index + 1) * 65_536),
  )
  expect(parse(pieces).replies.map((reply) => reply.text)).toEqual([text, null])
})

test.each([
  ['of another protocol', '-ERR unknown command\r\n', '-ERR unknown command'],
  ['of another length', 'VA 2 c1 f1\r\nabc\r\n', 'a value of another length'],
  ['without a length', 'VA x c1\r\n', 'VA x c1'],
  ['without an end', 'x'.repeat(10_000), 'a line without end'],
])('an answer %s is misunderstood once, and nothing after it is taken', (_, sent, said) => {
  const { replies, misunderstood } = parse([Buffer.from(sent), Buffer.from('HD\r\nHD\r\n')])
  expect(misunderstood).toHaveLength(1)
  expect(misunderstood[0]).toContain(said)
  expect(replies).toEqual([])
})
