import { describe, expect, it } from 'vitest'
import { findHiddenErrors, findScatteredErrors, findUndocumented } from './exports.ts'
import { publicFiles } from './public-files.ts'
import { readFiles, type SourceFile } from './source-file.ts'

const sources = readFiles(/^src\/.*\.ts$/)

function source(path: string): SourceFile {
  const found = sources.find((file) => file.path === path)
  if (found === undefined) throw new Error(`${path} is not there`)
  return found
}

describe('the public surface', () => {
  it('has a doc comment on every export', () => {
    expect(findUndocumented(publicFiles(), sources)).toEqual([])
  })

  it('shows every class of errors', () => {
    expect(findHiddenErrors(source('src/errors.ts'), source('src/index.ts'))).toEqual([])
  })

  it('has all its errors in one place', () => {
    expect(findScatteredErrors(sources)).toEqual([])
  })
})

describe('the check of the public surface', () => {
  const documented = { path: 'src/a.ts', text: '/** What it is. */\nexport const a = 1\n' }

  it('reports an export without a doc comment', () => {
    const bare = { path: 'src/a.ts', text: '// Not for the reader of the docs.\nexport const a = 1\n' }
    expect(findUndocumented(['src/a.ts'], [documented])).toEqual([])
    expect(findUndocumented(['src/a.ts'], [bare])).toHaveLength(1)
  })

  it('follows re-exports to the declaration', () => {
    const index = { path: 'src/index.ts', text: "export { a, b, type C } from './a.ts'\n" }
    const text = `${documented.text}export function b() {}\n/** A type. */\nexport type C = 1\nexport const d = 2\n`
    expect(findUndocumented(['src/index.ts'], [index, { path: 'src/a.ts', text }])).toEqual([
      'b of src/a.ts is public and has no doc comment',
    ])
  })

  it('follows names that are exported at the end', () => {
    expect(
      findUndocumented(['src/a.ts'], [{ path: 'src/a.ts', text: 'function f() {}\nexport { f }\n' }]),
    ).toHaveLength(1)
    expect(
      findUndocumented(['src/a.ts'], [{ path: 'src/a.ts', text: '/** F. */\nfunction f() {\n}\nexport { f }\n' }]),
    ).toEqual([])
  })

  it('reports an error that the surface leaves out', () => {
    const errors = { path: 'src/errors.ts', text: "export { AError, BError, type Facts } from './errors/a.ts'\n" }
    const index = { path: 'src/index.ts', text: "export { AError } from './errors.ts'\n" }
    expect(findHiddenErrors(errors, index)).toEqual(['BError is not exported by src/index.ts'])
  })

  it('reports an error that is declared elsewhere', () => {
    const text = 'class MineError extends StockpileError {}'
    expect(findScatteredErrors([{ path: 'src/ledger/lane.ts', text }])).toHaveLength(1)
  })
})
