import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toCacheSettings } from '../../src/cache/options.ts'
import { violationKinds } from '../../src/cli/prove/checker.ts'
import { findInterleavingWithout, findNaiveInterleavings } from '../cache-model/naive-interleavings.ts'
import { protocol } from '../cache-model/rules.ts'
import { root } from '../tidy/source-file.ts'
import { formatPage } from './format-page.ts'

const page = readFileSync(join(root, 'docs/cache-guarantee.md'), 'utf8')

describe('the page about the guarantee', () => {
  it.each(findNaiveInterleavings())('shows what the model finds: $name', async ({ name, drawing }) => {
    const [, rest = ''] = page.split(`\n### ${name}\n`)
    const [section] = rest.split('\n#')
    expect(section).toContain(await formatPage(drawing))
  })

  it.each(['joinsSuccessfulFills', 'probesRow'] as const)('shows what the model finds without %s', async (rule) => {
    expect(page).toContain(await formatPage(findInterleavingWithout(rule).drawing))
  })

  it('names every rule of the model, and no other', () => {
    const [, rest = ''] = page.split('\n## What we do instead\n')
    const [section = ''] = rest.split('\n## ')
    const options = new Set(Object.keys(toCacheSettings({})))
    const named = [...section.matchAll(/`([a-z]+[A-Z]\w*)`/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !options.has(name)).toSorted()).toEqual(Object.keys(protocol).toSorted())
  })

  it('shows a report of prove with all that prove looks for, and says how late changes by hand were in it', () => {
    const [, report = ''] = /```text\n([\s\S]*?)```/.exec(page) ?? []
    const found = [...report.matchAll(/^  (\w+) +0  (.*)$/gm)].map(([, kind, what]) => [kind, what])
    expect(found).toEqual(Object.entries(violationKinds))
    const late = /the old state was read up to (\d+ ms) after$/m.exec(report)?.[1]
    expect(page).toContain(`the old state was read up to ${late} after the commit`)
  })

  it('says the times that are usual', () => {
    const { intentMs, relayMs } = toCacheSettings({})
    expect(page).toContain(`\`intentMs\`, ${intentMs / 1000} s`)
    expect(page).toContain(`(${relayMs} ms unless you say otherwise)`)
  })
})
