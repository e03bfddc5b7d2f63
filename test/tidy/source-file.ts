import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, type ParseResult } from 'oxc-parser'

/** The repository's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A file that a check looks at: one of the repository's, or one that a test makes up. */
export interface SourceFile {
  /** From the repository's folder, with `/` between its parts. */
  readonly path: string
  readonly text: string
}

/** One import or re-export of a file. */
export interface Import {
  /** The file that is meant, from the repository's folder, or the name of a package. */
  readonly target: string
  /** Whether only types come from there, so that nothing is loaded when the program runs. */
  readonly isType: boolean
}

const parsed = new WeakMap<SourceFile, ParseResult>()

/** A source file as a syntax tree, parsed once. */
export function parse(file: SourceFile): ParseResult {
  let result = parsed.get(file)
  if (result === undefined) {
    result = parseSync(file.path, file.text)
    const [error] = result.errors
    if (error !== undefined) throw new Error(`${file.path} can't be parsed: ${error.message}`)
    parsed.set(file, result)
  }
  return result
}

/** What a file imports and re-exports, dynamic imports of fixed names included. */
export function importsOf(file: SourceFile): Import[] {
  const { module } = parse(file)
  const requests = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      request: moduleRequest.value,
      isType: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ request: moduleRequest.value, isType }],
      ),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^'(.*)'$/.exec(file.text.slice(start, end))?.[1]
      return literal === undefined ? [] : [{ request: literal, isType: false }]
    }),
  ]
  return requests.map(({ request, isType }) => ({
    target: request.startsWith('.') ? posix.join(posix.dirname(file.path), request) : request,
    isType,
  }))
}

/** The line, from 1, that a place in a text is on. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}

const foldersLeftOut = /^(?:\.git|node_modules|dist|dist-.*|stockpile-example)$/

/** The paths of all files that belong to the repository. */
export function listFiles(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (foldersLeftOut.test(entry.name) || entry.name.endsWith('.log')) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? listFiles(path) : [relative(root, path).split(sep).join('/')]
  })
}

/** The repository's files whose paths match, read. */
export function readFiles(pattern: RegExp): SourceFile[] {
  return listFiles()
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Everything that is written in TypeScript or JavaScript. */
export const codePattern = /\.(?:ts|mts|mjs|js)$/
