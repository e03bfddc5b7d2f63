import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runNode } from '../package/consumer.ts'
import { root } from '../tidy/source-file.ts'

const claims = fileURLToPath(new URL('./surface.test-d.ts', import.meta.url))

/** What the compiler says to claims about types, under the repository's settings. */
async function complaintsAbout(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-types-'))
  try {
    const file = join(folder, 'claims.mts')
    await writeFile(file, text.replaceAll("'../../src/", `'${root}src/`).replace("'vitest'", `'${vitest}'`))
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

const vitest = join(root, 'node_modules', 'vitest', 'dist', 'index.js')

it('the public surface has the types that its users rely on', async () => {
  expect(await complaintsAbout(await readFile(claims, 'utf8'))).toBe('')
})

it('a claim about types that is wrong is reported', async () => {
  const text = await readFile(claims, 'utf8')
  const wrong = text.replace('resolves.toEqualTypeOf<bigint>()', 'resolves.toEqualTypeOf<number>()')
  expect(await complaintsAbout(wrong)).toContain('error TS2344')
  const harmless = text.replace("inventory.add(1000, '5')", 'inventory.add(1000, 5)')
  expect(await complaintsAbout(harmless)).toContain("error TS2578: Unused '@ts-expect-error' directive.")
})
