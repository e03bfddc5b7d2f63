import { describe, expect, it } from 'vitest'
import { fileLinesMax, findLongFiles, findLongFunctions, functionLinesMax } from './lengths.ts'
import { codePattern, readFiles } from './source-file.ts'

const code = readFiles(codePattern)

function sample(text: string): [{ path: string; text: string }] {
  return [{ path: 'src/model/thing.ts', text }]
}

const body = (lines: number): string => '\n'.repeat(lines - 1)

describe('the lengths', () => {
  it('of files are at most 400 lines', () => {
    expect(findLongFiles(code)).toEqual([])
  })

  it('of functions are at most 70 lines', () => {
    expect(findLongFunctions(code)).toEqual([])
  })
})

describe('the check of lengths', () => {
  it('reports a file of one line too many', () => {
    expect(findLongFiles(sample('const a = 1\n'.repeat(fileLinesMax)))).toEqual([])
    expect(findLongFiles(sample('const a = 1\n'.repeat(fileLinesMax + 1)))).toHaveLength(1)
  })

  it.each([
    ['a declaration', (lines: string) => `function f() {${lines}}`],
    ['an arrow', (lines: string) => `const f = () => {${lines}}`],
    ['a method', (lines: string) => `class A { m() {${lines}} }`],
    ['an inner function', (lines: string) => `const a = { b: [function () {${lines}}] }`],
    ['a test', (lines: string) => `it('works', () => {${lines}})`],
  ])('reports %s of one line too many', (_what, make) => {
    expect(findLongFunctions(sample(make(body(functionLinesMax))))).toEqual([])
    expect(findLongFunctions(sample(make(body(functionLinesMax + 1))))).toHaveLength(1)
  })

  it('lets a chapter of tests be longer, and looks at the tests in it', () => {
    expect(findLongFunctions(sample(`describe('it', () => {${body(100)}})`))).toEqual([])
    expect(findLongFunctions(sample(`describe('it', () => { it('works', () => {${body(100)}}) })`))).toHaveLength(1)
  })
})
