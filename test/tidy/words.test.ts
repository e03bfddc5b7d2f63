import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codePattern, readFiles, root } from './source-file.ts'
import { findLooseInvariants, findMachinePaths, findUnfinished } from './words.ts'

const texts = readFiles(/^(?!package-lock\.json$|LICENSE$).*\.(?:ts|mts|mjs|js|json|md|sql|yml)$|^\.ci\//)

describe('the texts', () => {
  it('leave nothing unfinished and no test out', () => {
    expect(findUnfinished(texts)).toEqual([])
  })

  it('name no path of the machine that they were written on', () => {
    expect(findMachinePaths(texts)).toEqual([])
  })

  it('cite only invariants that ARCHITECTURE.md lists', () => {
    const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const code = readFiles(codePattern).filter(({ path }) => path !== 'test/tidy/words.test.ts')
    expect(findLooseInvariants(architecture, code)).toEqual([])
  })
})

describe('the check of texts', () => {
  it.each([
    ['a note to oneself', 'src/a.ts', `// ${'TO' + 'DO'}: later`],
    ['a test that runs alone', 'test/a.test.ts', `it.${'on' + 'ly'}('works', () => {})`],
    ['a chapter left out', 'test/a.test.ts', `describe.${'sk' + 'ip'}('it', () => {})`],
    ['a case left out of many', 'test/a.test.ts', `it.concurrent.${'sk' + 'ip'}('works', () => {})`],
    ['a test that is tried again', 'test/a.test.ts', `it('works', { ${'re' + 'try'}: 3 }, () => {})`],
  ])('reports %s', (_what, path, text) => {
    expect(findUnfinished([{ path, text }])).toHaveLength(1)
  })

  it.each([`see /${'wo' + 'rk'}/main/src`, `cd /${'ro' + 'ot'}/stockpile`])('reports %s', (text) => {
    expect(findMachinePaths([{ path: 'src/a.ts', text }])).toHaveLength(1)
  })

  it('reports an invariant that is not listed', () => {
    const architecture = '- **I1** no holding is ever negative\n'
    const files = [{ path: 'src/a.ts', text: `// ${'I'}1: never negative\n// ${'I'}99: always right\n` }]
    expect(findLooseInvariants(architecture, files)).toHaveLength(1)
  })
})
