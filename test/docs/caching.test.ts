import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toCacheSettings } from '../../src/cache/options.ts'
import { noStatistics } from '../../src/cache/statistics.ts'
import { root } from '../tidy/source-file.ts'

const page = readFileSync(join(root, 'docs/caching.md'), 'utf8')

describe('the page about caching from day to day', () => {
  it('explains every counter, and no other', () => {
    const [, table = ''] = page.split('| counter ')
    const named = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name)
    expect(named.toSorted()).toEqual(Object.keys(noStatistics()).toSorted())
  })

  it('says what the options are that it tells to think about', () => {
    const named = [...page.matchAll(/^- `(\w+)` \(`?'?([\w, ]+?)'?`?\)/gm)].map(([, name = '', usual = '']) => [
      name,
      usual,
    ])
    const settings = Object.entries(toCacheSettings({})).map(([name, usual]) => [
      name,
      name === 'ttlMs' ? 'an hour' : usual.toLocaleString('en'),
    ])
    expect(named.length).toBeGreaterThan(5)
    expect(settings).toEqual(expect.arrayContaining(named))
    expect(toCacheSettings({}).ttlMs).toBe(60 * 60 * 1000)
  })
})
