import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { readFiles, root } from '../tidy/source-file.ts'

/** An example's code and the page about it. */
interface Shown {
  readonly name: string
  readonly code: string
  readonly page: string
}

// What `npm start` shows has tests of its own.
const startedByNpm = new Set(['make-market-day', 'start', 'tour'])
const linesMax = 60

const examples = textsBy(/^examples\/([a-z-]+)\.ts$/)
const pages = textsBy(/^docs\/manual\/([a-z-]+)\.md$/)
const index = pages.get('index') ?? ''
for (const name of startedByNpm) examples.delete(name)
pages.delete('index')

const all: readonly Shown[] = [...examples].map(([name, code]) => ({ name, code, page: pages.get(name) ?? '' }))

let folder: string

beforeAll(async () => {
  folder = await makeTempFolder('examples')
})

afterAll(() => removeTempFolder(folder))

function textsBy(pattern: RegExp): Map<string, string> {
  return new Map(readFiles(pattern).map(({ path, text }) => [pattern.exec(path)?.[1] ?? path, text]))
}

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)
}

/** Without what stands before each line: pages show the inside of functions as well. */
function flat(code: string): string {
  return code.replaceAll(/^ +/gm, '')
}

describe('the examples of the manual', () => {
  it('have a page each, which the index links to, and every page has an example', () => {
    expect([...pages.keys()]).toEqual([...examples.keys()])
    const linked = [...index.matchAll(/\]\(([a-z-]+)\.md\)/g)].map(([, name]) => name)
    expect(linked).toHaveLength(examples.size)
    expect(new Set(linked)).toEqual(new Set(examples.keys()))
  })

  it.each(all)('$name prints what its page says, and leaves nothing behind', ({ name, page }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'examples', `${name}.ts`)], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(stdout).toBe(blocksOf(page, 'text').join(''))
    expect(status).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(all)('$name is short, says how to run it, and is what its page shows', ({ name, code, page }) => {
    expect(code.trimEnd().split('\n').length).toBeLessThan(linesMax)
    expect(code.split('\n')[0]).toMatch(new RegExp(`^// .*: node examples/${name}\\.ts$`))
    const shown = blocksOf(page, 'ts')
    expect(shown).not.toEqual([])
    for (const block of shown) expect(flat(code)).toContain(flat(block))
  })

  it.each(all)('$name uses nothing but Stockpile', ({ code }) => {
    const imported = [...code.matchAll(/ from '([^']+)'/g)].map(([, name]) => name)
    expect(imported).toEqual(['stockpile', 'stockpile/sqlite'])
  })
})

describe('the list of examples', () => {
  it('has all that the manual tells', () => {
    const folders = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'))
    expect(folders.length).toBe(examples.size + startedByNpm.size)
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](docs/manual/index.md)')
  })
})
