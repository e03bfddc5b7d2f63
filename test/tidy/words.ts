import { lineAt, type SourceFile } from './source-file.ts'

// Written in two halves, so that this file does not report itself.
const unfinished = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)
const leftOut = new RegExp(
  `\\b(?:describe|it|test|suite|bench)(?:\\.\\w+)*\\.(?:${['on' + 'ly', 'sk' + 'ip', 'to' + 'do', 'fa' + 'ils'].join('|')})\\b`,
)
const nondeterminism = new RegExp(`\\b(?:retry: \\d|${'re' + 'peats'}: \\d)`)
const workplace = new RegExp(`(?:/${'wo' + 'rk'}/|/${'ro' + 'ot'}/|\\bshared/DESIGN|/tmp/[A-Z])`)

/** Finds places where somebody stopped half-way: notes to oneself, tests left out, tests that may fail; a sentence for each. */
export function findUnfinished(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...report(file, unfinished, 'says that it is unfinished'),
    ...(file.path.startsWith('test/') ? report(file, leftOut, 'leaves tests out') : []),
    ...(file.path.startsWith('test/') ? report(file, nondeterminism, 'tries a test again until it passes') : []),
  ])
}

/** Finds paths of the machine that a file was written on; a sentence for each. */
export function findMachinePaths(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => report(file, workplace, 'names a path of somebody’s machine'))
}

function report({ path, text }: SourceFile, pattern: RegExp, what: string): string[] {
  const match = pattern.exec(text)
  return match === null ? [] : [`${path}:${lineAt(text, match.index)} ${what}: ${match[0]}`]
}

/** Finds invariants that are cited and not listed, or listed and cited nowhere; a sentence for each. */
export function findLooseInvariants(architecture: string, files: readonly SourceFile[]): string[] {
  const listed = new Set([...architecture.matchAll(/^- \*\*(I\d+)\*\*/gm)].map((match) => match[1] ?? ''))
  const unlisted = files.flatMap(({ path, text }) =>
    [...text.matchAll(/\bI\d{1,2}\b(?!')/g)]
      .filter(([name]) => !listed.has(name))
      .map(([name]) => `${path} cites ${name}, which ARCHITECTURE.md does not list`),
  )
  return [...new Set(unlisted)]
}
