import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runNode } from '../package/consumer.ts'
import { root } from '../tidy/source-file.ts'

/** Where claims about types stand. */
function claims(name: string): string {
  return fileURLToPath(new URL(`./${name}.test-d.ts`, import.meta.url))
}

/** What the compiler says to claims about types, under the repository's settings. */
async function complaintsAbout(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-types-'))
  try {
    const file = join(folder, 'claims.mts')
    const places = [
      ["'vitest'", vitest],
      ["'zod'", join(modules, 'zod', 'index.js')],
      ["'valibot'", join(modules, 'valibot', 'dist', 'index.mjs')],
      ["'arktype'", join(modules, 'arktype', 'out', 'index.js')],
    ] as const
    const placed = places.reduce((all, [name, place]) => all.replace(name, `'${place}'`), text)
    await writeFile(file, placed.replaceAll("'../../src/", `'${root}src/`))
    const compilerOptions = { typeRoots: [join(root, 'node_modules', '@types')] }
    const settings = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [file] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { output } = await runNode(folder, [compiler, '-p', folder])
    return output
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const modules = join(root, 'node_modules')
const vitest = join(modules, 'vitest', 'dist', 'index.js')

it.each(['surface', 'wrappers'])('the public surface has the types that its users rely on: %s', async (name) => {
  expect(await complaintsAbout(await readFile(claims(name), 'utf8'))).toBe('')
})

it('a claim about types that is wrong is reported', async () => {
  const text = await readFile(claims('surface'), 'utf8')
  const wrong = text.replace('resolves.toEqualTypeOf<bigint>()', 'resolves.toEqualTypeOf<number>()')
  expect(await complaintsAbout(wrong)).toContain('error TS2344')
  const harmless = text.replace("inventory.add(1000, '5')", 'inventory.add(1000, 5)')
  expect(await complaintsAbout(harmless)).toContain("error TS2578: Unused '@ts-expect-error' directive.")
})
