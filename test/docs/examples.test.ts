import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createDatabase } from '../servers/create-database.ts'
import { root } from '../tidy/source-file.ts'
import { exampleProgram } from './example-program.ts'
import { allExamples, examplesOfPage, examplesOfSource, type Example } from './examples.ts'

const run = promisify(execFile)
const examples = allExamples()
const noUrls = { mysql: 'mysql://localhost/test', postgres: 'postgres://localhost/test' }

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stockpile-examples-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The databases that an example names, made for it alone. */
async function withDatabases<T>({ code }: Example, use: (urls: typeof noUrls) => Promise<T>): Promise<T> {
  const made = Object.entries({ mysql: inject('mysqlUrl'), postgres: inject('postgresUrl') })
    .filter(([scheme]) => code.includes(`${scheme}://`))
    .map(async ([scheme, url]) => [scheme, await createDatabase(url)] as const)
  const databases = await Promise.all(made)
  try {
    return await use({ ...noUrls, ...Object.fromEntries(databases.map(([scheme, { url }]) => [scheme, url])) })
  } finally {
    await Promise.all(databases.map(([, database]) => database.drop()))
  }
}

async function runExample(example: Example): Promise<void> {
  const own = mkdtempSync(join(folder, 'run-'))
  await withDatabases(example, async (urls) => {
    writeFileSync(join(own, 'example.mts'), exampleProgram(example, urls))
    try {
      await run(process.execPath, ['example.mts'], { cwd: own, timeout: 30_000 })
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      throw new Error(`${example.place} fails:\n${stdout}${stderr}`, { cause: error })
    }
  })
}

describe('the code that the documentation shows', () => {
  it.each(examples.filter(({ isOnlyTyped }) => isOnlyTyped !== true))(
    'runs and answers what its comments say: $place',
    async (example) => {
      await expect(runExample(example)).resolves.toBeUndefined()
    },
  )

  it('is right in its types', async () => {
    const own = join(folder, 'types')
    mkdirSync(own)
    for (const [index, example] of examples.entries()) {
      const name = `${example.place.replaceAll(/\W+/g, '-')}-${index}.mts`
      writeFileSync(join(own, name), exampleProgram(example, noUrls))
    }
    const settings = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noUnusedLocals: false, typeRoots: [join(root, 'node_modules', '@types')] },
      include: ['*.mts'],
    }
    writeFileSync(join(own, 'tsconfig.json'), JSON.stringify(settings))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await run(process.execPath, [compiler, '-p', own], { cwd: own }).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout).toBe('')
  })
})

describe('the check of examples', () => {
  it('finds the code of pages and of doc comments', () => {
    const page = { path: 'docs/a.md', text: 'Text.\n\n```ts\nconst a = 1\n```\n\n```sh\nnpm start\n```\n' }
    expect(examplesOfPage(page)).toEqual([{ place: 'docs/a.md:4', code: 'const a = 1\n' }])
    const source = {
      path: 'src/a.ts',
      text: '/**\n * A.\n *\n * @example\n * f(1)\n * @throws never\n */\nexport const f = 1\n',
    }
    expect(examplesOfSource(source)).toEqual([{ place: 'src/a.ts:5', code: 'f(1)' }])
  })

  it.each([
    ['throws', 'await inventory.subtract(1000, 1_000_000)'],
    ['answers something else than its comment says', 'await inventory.add(2000, 1) // 2n'],
    ['prints something else than its comment says', "console.log('one') // two"],
  ])('reports code that %s', async (_what, code) => {
    await expect(runExample({ place: 'docs/a.md:1', code })).rejects.toThrow('docs/a.md:1 fails')
  })

  it('lets code pass that does what its comments say', async () => {
    const code =
      "await inventory.add(2000, 1) // 1n\nconsole.log('one', 2n) // one 2n\nawait inventory.get([1]) // Items (0) {}\n"
    await expect(runExample({ place: 'docs/a.md:1', code })).resolves.toBeUndefined()
  })
})
