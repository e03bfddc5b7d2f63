import { lineAt, parse, readFiles, type SourceFile } from '../tidy/source-file.ts'

/** A piece of code that the documentation shows. */
export interface Example {
  /** Where it stands, for people: `docs/transactions.md:12`. */
  readonly place: string
  readonly code: string
  /** Whether it needs something that only its reader has, so that only its types can be checked. */
  readonly isOnlyTyped?: boolean
}

/** The code in a page: its blocks marked `ts`. */
export function examplesOfPage({ path, text }: SourceFile): Example[] {
  return [...text.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    place: `${path}:${lineAt(text, match.index) + 1}`,
    code: (match[2] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  }))
}

/** The code in the doc comments of a source file: what follows `@example`. */
export function examplesOfSource(file: SourceFile): Example[] {
  return parse(file).comments.flatMap(({ type, value, start }) => {
    if (type !== 'Block' || !value.startsWith('*')) return []
    const lines = value.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
    const first = lines.findIndex((line) => line.trim() === '@example')
    if (first === -1) return []
    const rest = lines.slice(first + 1)
    const last = rest.findIndex((line) => line.startsWith('@'))
    const code = rest.slice(0, last === -1 ? undefined : last).join('\n')
    const example = { place: `${file.path}:${lineAt(file.text, start) + first + 1}`, code }
    // The suites are shown with a backend of the reader's own.
    return [file.path.startsWith('src/testing/') ? { ...example, isOnlyTyped: true } : example]
  })
}

/** All code that the documentation shows. */
export function allExamples(): Example[] {
  return [
    ...readFiles(/^(?:[A-Z]+|docs\/[a-z-]+)\.md$/).flatMap(examplesOfPage),
    ...readFiles(/^src\/.*\.ts$/).flatMap(examplesOfSource),
  ]
}
