import { posix } from 'node:path'
import type { SourceFile } from '../tidy/source-file.ts'

/** A link of a page to something in the repository. */
interface Link {
  readonly page: string
  /** The file that is meant, from the repository's folder. */
  readonly target: string
  /** The heading that is meant, as it stands in the link, or null. */
  readonly heading: string | null
  /** What stands in quotes behind the target: in this repository, the title of a test. */
  readonly title: string | null
}

/** The links of a page that stay in the repository. */
function linksOf({ path, text }: SourceFile): Link[] {
  return [...text.matchAll(/\]\(([^)\s]*)(?:\s+(?:'([^']*)'|"([^"]*)"))?\)/g)].flatMap((match) => {
    const [, target = '', single, double] = match
    if (/^[a-z]+:/.test(target)) return []
    const [file = '', heading = null] = target.split('#')
    const folder = posix.dirname(path)
    return [
      { page: path, target: file === '' ? path : posix.join(folder, file), heading, title: single ?? double ?? null },
    ]
  })
}

/** Finds links to files, headings and tests that aren't there; a sentence for each. */
export function findBrokenLinks(pages: readonly SourceFile[], files: ReadonlyMap<string, string>): string[] {
  return pages.flatMap(linksOf).flatMap(({ page, target, heading, title }) => {
    const text = files.get(target)
    if (text === undefined) return isFolder(target, files) ? [] : [`${page} links to ${target}, which isn't there`]
    if (heading !== null && !headingsOf(text).includes(heading))
      return [`${page} links to #${heading}, which ${target} lacks`]
    if (title !== null && !text.includes(title)) return [`${page} says that ${target} tests "${title}", and it doesn't`]
    return []
  })
}

/** Finds paths in code font that aren't there; a sentence for each. */
export function findLostPaths(pages: readonly SourceFile[], files: ReadonlyMap<string, string>): string[] {
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:src|test|docs|bench|examples|scripts)\/[\w./-]*)`/g)].flatMap(([, name = '']) =>
      files.has(name) || isFolder(name.replace(/\/$/, ''), files) ? [] : [`${path} names ${name}, which isn't there`],
    ),
  )
}

function isFolder(path: string, files: ReadonlyMap<string, string>): boolean {
  return [...files.keys()].some((name) => name.startsWith(`${path}/`))
}

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
