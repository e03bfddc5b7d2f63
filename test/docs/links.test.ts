import { describe, expect, it } from 'vitest'
import { listFiles, readFiles } from '../tidy/source-file.ts'
import { findBrokenLinks, findLostPaths } from './links.ts'

const pages = readFiles(/\.md$/)
const texts = new Map(readFiles(/\.(?:md|ts)$/).map(({ path, text }) => [path, text]))
const files = new Map(listFiles().map((path) => [path, texts.get(path) ?? '']))

describe('the links of the documentation', () => {
  it('lead to files, headings and tests that are there', () => {
    expect(findBrokenLinks(pages, files)).toEqual([])
  })

  it('and the paths in code font are there', () => {
    expect(findLostPaths(pages, files)).toEqual([])
  })

  it('reach every page', () => {
    const linked = pages.map(({ text }) => text).join('\n')
    const alone = pages.filter(({ path }) => path !== 'README.md' && !linked.includes(path.split('/').at(-1) ?? ''))
    expect(alone.map(({ path }) => path)).toEqual([])
  })
})

describe('the check of links', () => {
  const there = new Map([
    ['docs/a.md', '# A page\n\n## Only if, and when\n'],
    ['src/testing/verbs.ts', "title: 'add adds'"],
  ])
  const check = (text: string): string[] => findBrokenLinks([{ path: 'README.md', text }], there)

  it('reports a path in code font that is not there', () => {
    const text = '`src/testing/verbs.ts`, `src/testing/`, `docs`, `src/gone.ts`'
    expect(findLostPaths([{ path: 'README.md', text }], there)).toEqual([
      "README.md names src/gone.ts, which isn't there",
    ])
  })

  it.each([
    '[a](docs/a.md)',
    '[a](docs/a.md#only-if-and-when)',
    "[test](src/testing/verbs.ts 'add adds')",
    '[folder](docs)',
    '[web](https://example.org/nothing)',
  ])('lets %s pass', (text) => {
    expect(check(text)).toEqual([])
  })

  it.each(['[b](docs/b.md)', '[a](docs/a.md#nowhere)', "[test](src/testing/verbs.ts 'add subtracts')"])(
    'reports %s',
    (text) => {
      expect(check(text)).toHaveLength(1)
    },
  )
})
