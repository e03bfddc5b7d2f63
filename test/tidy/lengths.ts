import { Visitor, type ArrowFunctionExpression, type CallExpression, type Function as FunctionNode } from 'oxc-parser'
import { lineAt, parse, type SourceFile } from './source-file.ts'

/** Most lines of a file: what a reader can hold in mind as one thing. */
export const fileLinesMax = 400

/** Most lines of a function: what fits on one tall screen. */
export const functionLinesMax = 70

/** Finds files that are too long; a sentence for each. */
export function findLongFiles(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    if (lines <= fileLinesMax) return []
    return [`${path} has ${lines} lines, and ${fileLinesMax} are the most`]
  })
}

/**
 * Finds functions that are too long; a sentence for each. The callback of a `describe` is no function but a chapter, bounded by its
 * file.
 */
export function findLongFunctions(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const chapters = new Set<number>()
    const found: string[] = []
    const look = (node: FunctionNode | ArrowFunctionExpression): void => {
      if (chapters.has(node.start)) return
      const first = lineAt(file.text, node.start)
      const lines = lineAt(file.text, node.end) - first + 1
      if (lines > functionLinesMax) {
        found.push(`${file.path}:${first} is a function of ${lines} lines, and ${functionLinesMax} are the most`)
      }
    }
    new Visitor({
      CallExpression(node) {
        if (!isDescribe(file.text, node)) return
        for (const argument of node.arguments) chapters.add(argument.start)
      },
      FunctionDeclaration: look,
      FunctionExpression: look,
      ArrowFunctionExpression: look,
    }).visit(parse(file).program)
    return found
  })
}

function isDescribe(text: string, { callee }: CallExpression): boolean {
  return /^describe\b/.test(text.slice(callee.start, callee.end))
}
