import { describe, expect, it } from 'vitest'
import { findForbiddenImports, findImpurities, findImportCircles } from './rooms.ts'
import { readFiles } from './source-file.ts'

const sources = readFiles(/^src\/.*\.ts$/)

function importing(path: string, target: string, what = '{ thing }'): string[] {
  return findForbiddenImports([{ path, text: `import ${what} from '${target}'\n` }])
}

describe('the rooms', () => {
  it('import each other only along the arrows', () => {
    expect(findForbiddenImports(sources)).toEqual([])
  })

  it('have no circle of files that load one another', () => {
    expect(findImportCircles(sources)).toEqual([])
  })

  it('keep clocks, randomness and the process out of what is pure', () => {
    expect(findImpurities(sources)).toEqual([])
  })
})

describe('the check of imports', () => {
  it.each([
    ['a model that imports the ledger', 'src/model/deal.ts', '../ledger/lane.ts'],
    ['a model that reads files', 'src/model/deal.ts', 'node:fs'],
    ['a ledger that imports an inventory', 'src/ledger/lane.ts', '../inventory/tally.ts'],
    ['a ledger that imports a dialect', 'src/ledger/lane.ts', '../storage/sqlite/index.ts'],
    ['a ledger that imports a driver', 'src/ledger/lane.ts', 'pg'],
    ['an inventory that goes past the front door', 'src/inventory/tally.ts', '../ledger/lane.ts'],
    ['an inventory that imports the storage', 'src/inventory/tally.ts', '../storage/contract.ts'],
    ['a wrapper that imports another wrapper', 'src/wrap/cacher.ts', './transfer.ts'],
    ['a wrapper that imports a core', 'src/wrap/cacher.ts', '../inventory/tally.ts'],
    ['a dialect that imports another dialect', 'src/storage/mysql/session.ts', '../postgres/session.ts'],
    ["a dialect that imports another's front", 'src/storage/mysql/session.ts', '../postgres/index.ts'],
    ["a dialect that imports another's driver", 'src/storage/mysql/session.ts', 'pg'],
    ['a dialect that imports the lane', 'src/storage/mysql/session.ts', '../../ledger/lane.ts'],
    ['a command line that goes past the public surface', 'src/cli/main.ts', '../ledger/ledger.ts'],
    ["a command line that imports a dialect's inside", 'src/cli/main.ts', '../storage/sqlite/thread.ts'],
    ['suites that go past the public surface', 'src/testing/holdings.ts', '../ledger/settle.ts'],
    ['suites that name a dialect', 'src/testing/holdings.ts', '../storage/sqlite/index.ts'],
    ['a front that names a dialect', 'src/stockpile.ts', './storage/sqlite/index.ts'],
    ['a file outside of every room', 'src/other/thing.ts', 'node:fs'],
  ])('reports %s', (_what, path, target) => {
    expect(importing(path, target)).toHaveLength(1)
  })

  it('reports a dynamic import and a re-export as well', () => {
    const text = "export { a } from '../inventory/tally.ts'\nawait import('../storage/sqlite/index.ts')\n"
    expect(findForbiddenImports([{ path: 'src/ledger/lane.ts', text }])).toHaveLength(2)
  })

  it('lets types pass where only types may', () => {
    expect(importing('src/inventory/tally.ts', '../ledger/history.ts', 'type { Entry }')).toEqual([])
    expect(importing('src/inventory/tally.ts', '../ledger/history.ts')).toHaveLength(1)
  })

  it('lets the command line name the dialects together', () => {
    const text =
      "import { sqlite } from '../storage/sqlite/index.ts'\nimport { mysql } from '../storage/mysql/index.ts'\n"
    expect(findForbiddenImports([{ path: 'src/cli/open.ts', text }])).toEqual([])
  })
})

describe('the check of circles', () => {
  const first = { path: 'src/a.ts', text: "import { b } from './b.ts'" }
  const second = { path: 'src/b.ts', text: "import { c } from './c.ts'" }

  it('reports a circle', () => {
    const last = { path: 'src/c.ts', text: "import { a } from './a.ts'" }
    expect(findImportCircles([first, second, last])).toEqual(['src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts'])
  })

  it('lets a circle of types pass', () => {
    const last = { path: 'src/c.ts', text: "import type { A } from './a.ts'" }
    expect(findImportCircles([first, second, last])).toEqual([])
  })
})

describe('the check of purity', () => {
  it('reports a clock in the model, and not in the lane', () => {
    const text = 'export const now = Date.now()'
    expect(findImpurities([{ path: 'src/model/deal.ts', text }])).toHaveLength(1)
    expect(findImpurities([{ path: 'src/ledger/settle.ts', text }])).toHaveLength(1)
    expect(findImpurities([{ path: 'src/ledger/lane.ts', text }])).toEqual([])
  })
})
