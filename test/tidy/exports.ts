import { parse, type SourceFile } from './source-file.ts'

/** An exported thing and the comment above it. */
export interface Export {
  readonly name: string
  /** The file that declares it. */
  readonly path: string
  /** The text of its doc comment without the stars, or null. */
  readonly comment: string | null
  /** Where its declaration begins and ends. */
  readonly start: number
  readonly end: number
}

/**
 * The things that a file exports, followed through re-exports to where they are declared.
 *
 * @param files all files that may be on the way
 */
function exportsOf(path: string, files: ReadonlyMap<string, SourceFile>): Export[] {
  const file = files.get(path)
  if (file === undefined) throw new Error(`${path} is not there`)
  const { module } = parse(file)
  return module.staticExports.flatMap(({ entries, start, end }) =>
    entries.flatMap(({ moduleRequest, importName, exportName, isType, localName }): Export[] => {
      if (moduleRequest === null) {
        const name = exportName.name ?? localName.name ?? 'default'
        // `export { thing }` names what stands elsewhere in the file; the other forms are declarations.
        return [
          isType || text(file, start).startsWith('export {') ? { ...declared(file, name) } : at(file, name, start, end),
        ]
      }
      const target = new URL(moduleRequest.value, `file:///${path}`).pathname.slice(1)
      const all = exportsOf(target, files)
      return importName.kind === 'Name' ? all.filter(({ name }) => name === importName.name) : all
    }),
  )
}

function text({ text: all }: SourceFile, start: number): string {
  return all.slice(start, start + 20)
}

function declared(file: SourceFile, name: string): Export {
  const pattern = new RegExp(
    `(?:^|\\n)(export )?(?:declare |abstract |async )*(?:class|function|const|type|interface) ${name}\\b`,
  )
  const start = pattern.exec(file.text)?.index ?? 0
  return at(file, name, start, file.text.indexOf('\n}', start))
}

function at(file: SourceFile, name: string, start: number, end: number): Export {
  return { name, path: file.path, comment: commentBefore(file, start), start, end }
}

/** The doc comment that ends right above a place. */
export function commentBefore(file: SourceFile, place: number): string | null {
  const comment = parse(file)
    .comments.filter(({ type, value, end }) => type === 'Block' && value.startsWith('*') && end <= place)
    .findLast(({ end }) => file.text.slice(end, place).trim() === '')
  if (comment === undefined) return null
  return comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
}

/** Finds exports without a doc comment; a sentence for each. */
export function findUndocumented(paths: readonly string[], files: readonly SourceFile[]): string[] {
  const all = new Map(files.map((file) => [file.path, file]))
  const found = paths.flatMap((path) =>
    exportsOf(path, all)
      .filter(({ comment }) => comment === null || comment === '')
      .map(({ name, path: where }) => `${name} of ${where} is public and has no doc comment`),
  )
  return [...new Set(found)]
}

/** Finds error classes that the public surface leaves out; a sentence for each. */
export function findHiddenErrors(errors: SourceFile, index: SourceFile): string[] {
  const shown = new Set(
    parse(index).module.staticExports.flatMap(({ entries }) => entries.map(({ exportName }) => exportName.name)),
  )
  const classes = parse(errors).module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ exportName, isType }) => (isType || exportName.name === null ? [] : [exportName.name])),
  )
  return classes.filter((name) => !shown.has(name)).map((name) => `${name} is not exported by ${index.path}`)
}

/** Finds error classes that are declared anywhere but in their one place; a sentence for each. */
export function findScatteredErrors(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text: all }) => {
    // What a behaviour throws to see it come back is nobody else's.
    if (path.startsWith('src/errors/') || /^(?!src\/)|^src\/testing\//.test(path)) return []
    const name = /class (\w+) extends \w*Error\b/.exec(all)?.[1]
    return name === undefined ? [] : [`${path} declares ${name}: errors have their place in src/errors/`]
  })
}
