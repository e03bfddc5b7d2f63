import { posix } from 'node:path'

const vaguePattern = /^(?:utils?|helpers?|common|types?|misc|shared|stuff)$/
const kebabPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const codeFilePattern = /\.(?:test-d\.ts|test\.ts|d\.ts|config\.ts|ts|mts|mjs|js|html|css)$/

/** Finds file and folder names that are vague or not kebab-case; a sentence for each. */
export function findBadNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!codeFilePattern.test(path)) return []
    const folders = posix.dirname(path).split('/')
    const name = posix.basename(path).replace(codeFilePattern, '')
    // Under `test`, a folder is named for what is tested in it: types, for one.
    const telling = path.startsWith('test/') ? [name] : [...folders, name]
    const vague = telling.filter((part) => vaguePattern.test(part))
    const odd = [...folders, name].filter((part) => !/^\.(?:[a-z]+)?$/.test(part) && !kebabPattern.test(part))
    return [
      ...vague.map((part) => `${path}: "${part}" doesn't say what it holds`),
      ...odd.map((part) => `${path}: "${part}" is not kebab-case`),
    ]
  })
}

/** The files that every dialect has, so that two of them can be read side by side. */
export const dialectFiles = ['index', 'storage', 'session', 'snapshot', 'alter', 'schema', 'statements', 'faults']

/** Finds dialects that lack one of the files that every dialect has; a sentence for each. */
export function findIncompleteDialects(paths: readonly string[], dialects: readonly string[]): string[] {
  const all = new Set(paths)
  return dialects.flatMap((dialect) =>
    dialectFiles.flatMap((name) => {
      const path = `src/storage/${dialect}/${name}.ts`
      return all.has(path) ? [] : [`${path} is missing: every dialect has it`]
    }),
  )
}

/** Most entries of the repository's folder: what can be taken in at a glance. */
const rootEntriesMax = 20

/** What may lie in the repository's folder. */
const rootEntries: ReadonlySet<string> = new Set([
  '.ci',
  '.gitattributes',
  '.gitignore',
  '.oxlintrc.json',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'bench',
  'docs',
  'examples',
  'package-lock.json',
  'package.json',
  'scripts',
  'src',
  'test',
  'tsconfig.build.json',
  'tsconfig.json',
  'vitest.config.ts',
])

/** Finds what doesn't belong where it lies; a sentence for each. */
export function findStrayFiles(paths: readonly string[]): string[] {
  const entries = new Set(paths.map((path) => path.split('/')[0] ?? ''))
  const strays = [...entries]
    .filter((entry) => !rootEntries.has(entry))
    .map((entry) => `${entry} doesn't belong in the repository's folder: name it in test/tidy/names.ts if it does`)
  const leftovers = paths
    .filter((path) => /(?:\.(?:orig|rej|bak|tmp|swp|tgz|db|db-wal|db-shm|sqlite)|~|\.DS_Store)$/.test(path))
    .map((path) => `${path} was left behind`)
  const code = paths
    .filter((path) => path.startsWith('src/') && !path.endsWith('.ts'))
    .map((path) => `${path} is no TypeScript, and src holds nothing else`)
  const count =
    entries.size > rootEntriesMax ? [`the root has ${entries.size} entries, and ${rootEntriesMax} are the most`] : []
  return [...strays, ...leftovers, ...code, ...count]
}
