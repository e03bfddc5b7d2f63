import { describe, expect, it } from 'vitest'
import { dialectFiles, findBadNames, findIncompleteDialects, findStrayFiles } from './names.ts'
import { listFiles } from './source-file.ts'

const paths = listFiles()

describe('the names', () => {
  it('of files and folders say what they hold, in kebab-case', () => {
    expect(findBadNames(paths)).toEqual([])
  })

  it('of the files are the same in every dialect', () => {
    expect(findIncompleteDialects(paths, ['sqlite', 'mysql', 'postgres'])).toEqual([])
  })

  it('in the root are those that belong there, and few', () => {
    expect(findStrayFiles(paths)).toEqual([])
  })
})

describe('the check of names', () => {
  it.each([
    'src/ledger/utils.ts',
    'src/helpers/thing.ts',
    'src/model/types.ts',
    'src/model/common.ts',
    'test/misc.test.ts',
    'src/model/QuantityMax.ts',
    'src/model/quantity_max.ts',
    'scripts/ensureMariaDb.mjs',
  ])('reports %s', (path) => {
    expect(findBadNames([path])).toHaveLength(1)
  })

  it('lets kebab-case pass', () => {
    const good = ['src/ledger/read-lane.ts', 'test/tidy/names.test.ts', 'test/types/surface.test-d.ts', '.ci/run.mjs']
    expect(findBadNames(good)).toEqual([])
  })

  it('reports a dialect that lacks a file', () => {
    const sqlite = dialectFiles.map((name) => `src/storage/sqlite/${name}.ts`)
    expect(findIncompleteDialects(sqlite, ['sqlite'])).toEqual([])
    expect(findIncompleteDialects(sqlite.slice(1), ['sqlite'])).toHaveLength(1)
  })

  it.each(['notes.txt', 'src/model/id.ts.orig', 'test/farm.db', 'src/model/id.js', 'docs/page.md~'])(
    'reports %s as a stray file',
    (path) => {
      expect(findStrayFiles([path])).not.toEqual([])
    },
  )

  it('reports a crowded root', () => {
    const crowd = Array.from({ length: 21 }, (_, index) => `src${index}/a.ts`)
    expect(findStrayFiles(crowd).at(-1)).toContain('21 entries')
  })
})
