import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cache } from '../../src/index.ts'
import { toKey, toRun } from '../../src/cli/apply/idempotency-key.ts'
import { readLines } from '../../src/cli/apply/lines.ts'
import { SeenDeals } from '../../src/cli/apply/seen-deals.ts'
import { cacheHint } from '../../src/cli/cache-hint.ts'
import { openCache } from '../../src/cli/cache-url.ts'
import { toTable } from '../../src/cli/output.ts'
import { Progress } from '../../src/cli/progress.ts'
import { RelayReport } from '../../src/cli/relay-report.ts'
import { withoutPassword } from '../../src/cli/report-failure.ts'

describe('the key of a deal', () => {
  it('is short enough, well-formed and never that of another run or deal', () => {
    const unit = fc.constantFrom('a', 'b', '#', ':', '%', ' ', '\n', '\u0085', 'é', '😀')
    const name = fc.string({ unit, minLength: 1, maxLength: 60 })
    const run = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', 'é'), minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(run, name, run, name, (run1, name1, run2, name2) => {
        const [key1, key2] = [toKey(run1, name1), toKey(run2, name2)]
        expect(Buffer.byteLength(key1)).toBeLessThanOrEqual(128)
        expect(key1.trim()).toBe(key1)
        expect(key1).not.toMatch(/\p{Cc}/u)
        expect(key1 === key2).toBe(run1 === run2 && name1 === name2)
      }),
    )
    expect(toKey('a:b', 'c')).not.toBe(toKey('a', 'b:c'))
    expect(toKey('day.csv', '536365')).toBe('apply:day.csv:536365')
  })

  it('begins with the name of the file, and a name that is too long is refused', () => {
    expect(toRun('some/folder/day.csv', undefined)).toBe('day.csv')
    expect(toRun('day.csv', 'monday')).toBe('monday')
    expect(() => toRun(`${'x'.repeat(70)}.csv`, undefined)).toThrow('--run')
  })
})

describe('reading lines', () => {
  it('gives the same lines however the text is cut, and knows no line end but the line feed', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\u2028', 'é'), maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (whole, length) => {
        const pieces = whole.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? []
        const lines: (string | null)[] = []
        for await (const line of readLines(Readable.from(pieces) as AsyncIterable<string>, 100)) lines.push(line.text)
        expect(lines).toEqual(whole === '' ? [] : whole.replace(/\n$/, '').split('\n'))
      }),
    )
  })

  it('gives up a line that is too long and goes on with the next', async () => {
    const pieces = ['short\n', 'x'.repeat(30), 'x'.repeat(30), '\n', 'y'.repeat(60), '\nend']
    const lines: unknown[] = []
    for await (const line of readLines(Readable.from(pieces) as AsyncIterable<string>, 50)) lines.push(line)
    expect(lines).toEqual([
      { number: 1, text: 'short' },
      { number: 2, text: null },
      { number: 3, text: null },
      { number: 4, text: 'end' },
    ])
  })
})

describe('the memory of deals', () => {
  it('knows each name that was there, and no other, beyond its first size', () => {
    const seen = new SeenDeals()
    const names = Array.from({ length: 5_000 }, (_, index) => `deal ${index}`)
    expect(names.filter((name) => seen.add(name))).toEqual([])
    expect(names.every((name) => seen.add(name))).toBe(true)
  })
})

describe('progress', () => {
  function recorded(isTTY: boolean): { lines: string[]; progress: Progress; pass: (ms: number) => void } {
    const lines: string[] = []
    let time = 0
    const stream = { isTTY, columns: 60, write: (text: string) => lines.push(text) > 0 }
    return {
      lines,
      progress: new Progress({ isQuiet: false, stream, now: () => time }),
      pass: (ms) => void (time += ms),
    }
  }

  it('is a bar on a terminal that is as wide as it, renewed now and then, and gone at the end', () => {
    const { lines, progress, pass } = recorded(true)
    progress.tell({ part: 0.1, text: 'too early' })
    pass(150)
    progress.tell({ part: 0.5, text: '10 deals, and a lot more to say about them' })
    progress.tell({ part: 0.6, text: 'too early' })
    progress.end()
    expect(lines).toEqual(['\r\u001b[K[############------------]  50 %  10 deals, and a lot more ', '\r\u001b[K'])
  })

  it('is a plain line every few seconds elsewhere', () => {
    const { lines, progress, pass } = recorded(false)
    pass(4_000)
    progress.tell({ part: 0.1, text: 'too early' })
    pass(2_000)
    progress.tell({ part: 0.5, text: '10 deals' })
    pass(6_000)
    progress.tell({ part: null, text: '20 deals' })
    progress.end()
    expect(lines).toEqual(['50 %: 10 deals\n', '20 deals\n'])
  })
})

describe('the report of a relay', () => {
  function recorded(isJson = false): {
    lines: string[]
    faults: string[]
    report: RelayReport
    pass: (ms: number) => void
  } {
    const [lines, faults]: [string[], string[]] = [[], []]
    let time = Date.UTC(2026, 10, 21)
    const options = {
      print: (line: string) => void lines.push(line),
      complain: (line: string) => void faults.push(line),
    }
    return {
      lines,
      faults,
      report: new RelayReport({ isJson, ...options, now: () => time }),
      pass: (ms) => void (time += ms),
    }
  }

  it('tells what is new since it told before, and the sum in the end', () => {
    const { lines, report } = recorded()
    for (const total of [0, 2, 2, 3]) report.tell(total)
    report.end(1_003)
    expect(lines).toEqual([
      '2026-11-21T00:00:00.000Z  2 accounts',
      '2026-11-21T00:00:00.000Z  1 account',
      '2026-11-21T00:00:00.000Z  1,000 accounts',
      'Cached values were removed: 1,003 accounts in all.',
    ])
    const json = recorded(true)
    json.report.end(2)
    expect(json.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '2026-11-21T00:00:00.000Z', accounts: 2 },
      { total: 2 },
    ])
  })

  it('tells a fault that lasts once a minute, and again when it comes back', () => {
    const { faults, report, pass } = recorded()
    const fail = (text: string): void => report.logger.warn('the relay failed', { error: new Error(text) })
    for (let count = 0; count < 3; count += 1) fail('away')
    pass(61_000)
    fail('away')
    fail('slow')
    report.tell(1)
    fail('slow')
    expect(faults.map((fault) => fault.slice(11, 19) + fault.slice(24))).toEqual([
      '00:00:00  the relay failed: away',
      '00:01:01  the relay failed: away',
      '00:01:01  the relay failed: slow',
      '00:01:01  the relay failed: slow',
    ])
  })
})

describe('the hint about a cache', () => {
  it('names it as --cache does', async () => {
    const hint = (cache: Cache): string => cacheHint(JSON.stringify({ cache: cache.name, process: null }))
    for (const url of [
      'memcached:10.0.0.5:11211,10.0.0.6:11212',
      'redis://10.0.0.5:6379/2',
      'redis://cache:6380/0#the%20farm',
    ]) {
      await using cache = { open: await openCache(url), [Symbol.asyncDispose]: () => cache.open.close() }
      const said = /--cache (\S+),/.exec(hint(cache.open))?.[1] ?? ''
      const again = await openCache(said.replace('HOST:PORT', 'cache:6380'))
      expect(again.name).toBe(cache.open.name)
      await again.close()
    }
    expect(cacheHint(JSON.stringify({ cache: 'redis:127.0.0.1:6379/0 on pluto', process: null }))).toContain(
      '--cache redis://127.0.0.1:6379/0 on the machine pluto,',
    )
    expect(cacheHint(JSON.stringify({ cache: 'memory:x', process: { host: 'pluto', id: 7 } }))).toContain(
      'process 7 on pluto',
    )
    expect(cacheHint('nonsense')).toBe('On the command line: see stockpile cache')
  })
})

describe('what is printed', () => {
  it('stands in columns, numbers flush right', () => {
    expect(
      toTable(
        [
          ['a', '1', 'x'],
          ['bcd', '100', ''],
        ],
        [1],
      ),
    ).toEqual(['a      1  x', 'bcd  100'])
  })

  it('holds no password of any URL', () => {
    expect(withoutPassword("'mysql://anna:ge@heim@host/x' and postgres://bob:s3c@h:5/d?password=x&y=1")).toBe(
      "'mysql://anna:***@host/x' and postgres://bob:***@h:5/d?password=***&y=1",
    )
  })
})
