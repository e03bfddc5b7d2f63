import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFiles, root } from '../tidy/source-file.ts'
import { errorClasses } from './errors-page.ts'
import { formatPage } from './format-page.ts'
import { findVagueOptions, optionInterfaces, optionsOf, type Option } from './options-page.ts'
import { pages } from './pages.ts'

describe('the pages that are made from the code', () => {
  it.each(Object.entries(pages))('%s is what the code says now (if not: npm run docs)', async (path, make) => {
    const page = readFileSync(join(root, path), 'utf8')
    expect(page, `${path} is out of date: run npm run docs`).toBe(await formatPage(make()))
  })

  it('know every interface of options that is public', () => {
    const index = readFiles(/^src\/(?:index|storage\/[a-z]+\/index)\.ts$/)
    const named = index.flatMap(({ text }) => text.match(/\b[A-Z]\w*(?:Options|Filter)\b/g) ?? [])
    const known = new Set(optionInterfaces.map(({ name }) => name))
    expect([...new Set(named)].filter((name) => !known.has(name) && name !== 'ErrorOptions')).toEqual([])
  })
})

describe('the reference of errors', () => {
  it('has each code once, made of the name of its class', () => {
    const wrong = errorClasses().filter(({ name, reference: { code } }) => {
      const expected = name
        .replace(/Error$/, '')
        .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
        .toUpperCase()
      return code !== expected
    })
    expect(wrong).toEqual([])
    expect(new Set(errorClasses().map(({ reference }) => reference.code)).size).toBe(errorClasses().length)
  })

  it('says in full sentences what each error means and what is true afterwards', () => {
    const texts = errorClasses().flatMap(({ reference: { meaning, afterwards } }) => [meaning, afterwards])
    expect(texts.filter((text) => !/^\S.* .*\.$/.test(text))).toEqual([])
  })
})

describe('the doc comments of options', () => {
  const sources = readFiles(/^src\/.*\.ts$/)

  it('give unit, range and default of every number', () => {
    const vague = optionInterfaces.flatMap(({ name }) => findVagueOptions(optionsOf(name, sources)))
    expect(vague).toEqual([])
  })

  it('are reported where they leave something out', () => {
    const option: Option = { name: 'waitMs', type: 'number', isRequired: false, comment: 'How long to wait.' }
    expect(findVagueOptions([option])).toHaveLength(3)
    const comment = 'How long to wait, in milliseconds from 1; 10 unless said otherwise.'
    expect(findVagueOptions([{ ...option, comment }])).toEqual([])
    expect(findVagueOptions([{ ...option, comment: '' }])).toHaveLength(1)
  })
})
