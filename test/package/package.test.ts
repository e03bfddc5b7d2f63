import { readFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkedProgram } from '../docs/example-program.ts'
import { examplesOfPage } from '../docs/examples.ts'
import { listFiles, root } from '../tidy/source-file.ts'
import { PackageLab, runNode } from './consumer.ts'

let lab: PackageLab | undefined
let files: readonly string[]
let bare: string
let farm: string

beforeAll(async () => {
  lab = await PackageLab.open()
  files = lab.files
  bare = await lab.install('bare')
  farm = await lab.install('farm', ['better-sqlite3', 'mariadb', 'pg', '@types/node'])
}, 180_000)

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
})

function manifest(): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as ReturnType<typeof manifest>
}

const entries = [
  'stockpile',
  'stockpile/sqlite',
  'stockpile/mysql',
  'stockpile/postgres',
  'stockpile/memcached',
  'stockpile/redis',
  'stockpile/testing',
]

/** The README's first program. */
function tour(): string {
  const path = 'README.md'
  const [first] = examplesOfPage({ path, text: readFileSync(join(root, path), 'utf8') })
  if (first === undefined) throw new Error('the README shows no program')
  return checkedProgram(first)
}

describe('the package', () => {
  it('contains what is built from src, what tells about it, and nothing else', () => {
    const built = listFiles(join(root, 'src')).flatMap((path) => {
      const name = path.replace(/^src\//, 'dist/').replace(/\.ts$/, '')
      return [`${name}.js`, `${name}.js.map`, `${name}.d.ts`]
    })
    expect(files).toEqual([...built, 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].sort())
  })

  it('brings the packages along that it names, which bring none, and no driver', async () => {
    const { dependencies } = manifest()
    const folders = Object.keys(dependencies).map((name) => name.split('/')[0] ?? name)
    const installed = await readdir(join(bare, 'node_modules'))
    expect(installed.filter((name) => !name.startsWith('.')).sort()).toEqual([...folders, 'stockpile'].sort())
  })

  it('opens by its names only', async () => {
    const open = entries.map((name) => `await import('${name}')`).join('\n')
    expect(await runNode(bare, ['--input-type=module', '-e', open])).toEqual({ code: 0, output: '' })
    const inside = await runNode(bare, ['--input-type=module', '-e', "await import('stockpile/dist/index.js')"])
    expect(inside.output).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})

describe('a project that has installed the package', () => {
  it('runs the tour of the README', async () => {
    await writeFile(join(farm, 'tour.ts'), tour())
    expect(await runNode(farm, ['tour.ts'])).toEqual({ code: 0, output: '' })
  })

  it.each([
    ['NodeNext', 'ES2022'],
    ['Preserve', 'ES2023'],
  ])('type-checks the tour and all declarations strictly, with modules as %s and %s', async (module, target) => {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      module,
      target,
      types: ['node'],
    }
    await writeFile(join(farm, 'tour.ts'), tour())
    await writeFile(
      join(farm, 'all.ts'),
      entries.map((name, index) => `export * as entry${index} from '${name}'\n`).join(''),
    )
    await writeFile(join(farm, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['tour.ts', 'all.ts'] }))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    expect(await runNode(farm, [compiler, '-p', '.'])).toEqual({ code: 0, output: '' })
  })

  it('runs a program that is given on the command line of node', async () => {
    const program = `import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'
const stockpile = new Stockpile({ storage: sqlite(':memory:') })
console.log(await stockpile.tally('farm', 1).add('apple', 3))
await stockpile.close()`
    expect(await runNode(farm, ['--input-type=module', '-e', program])).toEqual({ code: 0, output: '3n\n' })
  })

  it('has the command line', async () => {
    const script = join(farm, 'node_modules', 'stockpile', 'dist', 'cli', 'main.js')
    const { version } = manifest()
    expect(await runNode(farm, [script, '--version'])).toEqual({ code: 0, output: `${version}\n` })
    const added = await runNode(farm, [script, '--storage', 'sqlite:cli.db', 'add', 'farm', '1', 'apple', '5'])
    expect(added.code).toBe(0)
    expect(added.output).toMatch(/apple\s+5/)
  })
})

describe('a project without the driver', () => {
  it.each([
    ['sqlite', "sqlite('farm.db')", 'better-sqlite3'],
    ['mysql', "mysql('mysql://localhost:1/farm')", 'mariadb'],
    ['postgres', "postgres('postgres://localhost:1/farm')", 'pg'],
  ])('is told the command that installs the one for %s', async (entry, storage, driver) => {
    const program = `import { Stockpile, DriverMissingError } from 'stockpile'
import { ${entry} } from 'stockpile/${entry}'
const stockpile = new Stockpile({ storage: ${storage} })
const error = await stockpile.tally('farm', 1).add('apple').catch((reason) => reason)
console.log(error instanceof DriverMissingError, error.code, error.message)
await stockpile.close()`
    const { code, output } = await runNode(bare, ['--input-type=module', '-e', program])
    expect(output).toBe(`true DRIVER_MISSING the package ${driver} is not installed: run \`npm install ${driver}\`\n`)
    expect(code).toBe(0)
  })

  it('is told the command that installs the one for a cache, by the first write', async () => {
    const program = `import { Stockpile, DriverMissingError } from 'stockpile'
import { redis } from 'stockpile/redis'
import { sqlite } from 'stockpile/sqlite'
const stockpile = new Stockpile({ storage: sqlite('cached.db'), cache: redis('redis://localhost:1') })
const error = await stockpile.tally('farm', 1).add('apple').catch((reason) => reason)
console.log(error instanceof DriverMissingError, error.isRetryable, error.message)
await stockpile.close()`
    const { code, output } = await runNode(farm, ['--input-type=module', '-e', program])
    expect(output).toBe('true false the package redis is not installed: run `npm install redis`\n')
    expect(code).toBe(0)
  })
})
