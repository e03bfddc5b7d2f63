import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source-file.ts'

/** The source files behind the package's exports: its public surface. */
export function publicFiles(): string[] {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const { exports } = JSON.parse(text) as { exports: Record<string, string | { types: string }> }
  return Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry.types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts')],
  )
}
