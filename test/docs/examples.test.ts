import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createDatabase } from '../servers/create-database.ts'
import { root } from '../tidy/source-file.ts'
import { exampleProgram, type ExampleUrls } from './example-program.ts'
import { allExamples, examplesOfPage, examplesOfSource, type Example } from './examples.ts'

const run = promisify(execFile)
const examples = allExamples()
const noUrls: ExampleUrls = {
  mysql: 'mysql://localhost/test',
  postgres: 'postgres://localhost/test',
  memcached: 'localhost:11211',
  redis: 'redis://localhost:6379',
}

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stockpile-examples-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The servers that examples name, with databases made for them alone. */
async function withServers<T>(shown: readonly Example[], use: (urls: ExampleUrls) => Promise<T>): Promise<T> {
  const made = Object.entries({ mysql: inject('mysqlUrl'), postgres: inject('postgresUrl') })
    .filter(([scheme]) => shown.some(({ code }) => code.includes(`${scheme}://`)))
    .map(async ([scheme, url]) => [scheme, await createDatabase(url)] as const)
  const databases = await Promise.all(made)
  try {
    const caches = { memcached: inject('memcachedUrl'), redis: inject('redisUrl') }
    return await use({
      ...noUrls,
      ...caches,
      ...Object.fromEntries(databases.map(([scheme, { url }]) => [scheme, url])),
    })
  } finally {
    await Promise.all(databases.map(([, database]) => database.drop()))
  }
}

/** Runs examples, each in a folder of its own; answers why each failed, or null. */
async function runExamples(shown: readonly Example[]): Promise<(string | null)[]> {
  const runner = fileURLToPath(new URL('./run-examples.ts', import.meta.url))
  return withServers(shown, async (urls) => {
    const folders = shown.map((example) => {
      const own = mkdtempSync(join(folder, 'run-'))
      writeFileSync(join(own, 'example.mts'), exampleProgram(example, urls))
      return own
    })
    const { stderr } = await run(process.execPath, [runner, ...folders], { cwd: folder, timeout: 100_000 }).catch(
      (error: unknown) => error as { stderr: string },
    )
    const outcomes = [...stderr.matchAll(/^outcome: (.*)$/gm)].map(([, text = '']) => JSON.parse(text) as string | null)
    return shown.map(
      (_example, index) => outcomes[index] ?? (index < outcomes.length ? null : `it never ended: ${stderr}`),
    )
  })
}

describe('the code that the documentation shows', () => {
  const shown = examples.filter(({ isOnlyTyped }) => isOnlyTyped !== true)
  let failures: ReadonlyMap<string, string | null>

  beforeAll(async () => {
    const all = await runExamples(shown)
    failures = new Map(shown.map(({ place }, index) => [place, all[index] ?? null]))
  }, 120_000)

  it.each(shown)('runs and answers what its comments say: $place', ({ place }) => {
    expect(failures.get(place)).toBeNull()
  })

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

  it('reports code that throws, and code that does something else than its comments say', async () => {
    const codes = [
      'await inventory.subtract(1000, 1_000_000)',
      'await inventory.add(2000, 1) // 2n',
      "console.log('one') // two",
      "await inventory.add(2000, 1) // 1n\nconsole.log('one', 2n) // one 2n\nawait inventory.get([1]) // Items (0) {}\n",
    ]
    const [throws, answers, prints, works] = await runExamples(codes.map((code) => ({ place: 'docs/a.md:1', code })))
    expect(throws).toContain('1000000 cannot be taken')
    expect(answers).toContain('the comment says 2n, and the answer is 1n')
    expect(prints).toContain('the comment says two, and what is printed is one')
    expect(works).toBeNull()
  })
})
