import { Visitor, parseSync, type ExpressionStatement, type ParseResult } from 'oxc-parser'
import { parse, readFiles, root } from '../tidy/source-file.ts'
import type { Example } from './examples.ts'

/** Where the package's entries are, run from source. */
const entries: Readonly<Record<string, string>> = {
  stockpile: 'src/index.ts',
  'stockpile/sqlite': 'src/storage/sqlite/index.ts',
  'stockpile/mysql': 'src/storage/mysql/index.ts',
  'stockpile/postgres': 'src/storage/postgres/index.ts',
  'stockpile/memcached': 'src/cache/memcached/index.ts',
  'stockpile/redis': 'src/cache/redis/index.ts',
  'stockpile/testing': 'src/testing/index.ts',
}

/** Servers that stand in for the made-up ones that examples name. */
export interface ExampleUrls {
  readonly mysql: string
  readonly postgres: string
  readonly memcached: string
  readonly redis: string
}

// What an example may use without saying where it comes from.
const someStockpile = "const stockpile = new Stockpile({ storage: sqlite('farm.db') })"
const someInventory = "const inventory = stockpile.tally('test_app', 1)\nawait inventory.add(1000, 100)"

// Something in the stores of those whom the examples let trade.
const seed = `await stockpile.deal(
  [1, 2].flatMap((user) => ['gold', 'wheat'].map((item) => stockpile.tally('farm', user).plan.add(item, 100))),
)`

const herd = "await stockpile.hybrid('animals', 1).add('sheep', 5)"

// A comment behind a statement says what it answers, and behind console.log what is printed.
const claims = `function claimed(actual: unknown, expected: string): void {
  const shown = inspect(actual, { breakLength: Infinity })
  if (shown !== expected) throw new Error('the comment says ' + expected + ', and the answer is ' + shown)
}
function printed(values: unknown[], expected: string): void {
  const shown = format(...values)
  if (shown !== expected) throw new Error('the comment says ' + expected + ', and what is printed is ' + shown)
}`

/**
 * Makes a program of an example: with what it takes for granted before it, its comments turned into checks, and the Stockpile closed
 * after it.
 *
 * @param urls of servers, in place of the made-up ones that the example names
 */
export function exampleProgram({ place, code }: Example, urls: ExampleUrls): string {
  const result = parseSync('example.ts', code)
  const [error] = result.errors
  if (error !== undefined) throw new Error(`${place} can't be parsed: ${error.message}`)
  const own = namesOf(result)
  const lacks = (name: string): boolean => !own.has(name) && new RegExp(`\\b${name}\\b`).test(code)
  const lacksStockpile = lacks('stockpile') || (lacks('inventory') && !own.has('stockpile'))
  const parts = [
    imports(own),
    claims,
    ...(lacks('backend') ? ['declare const backend: Backend'] : []),
    ...(lacks('cacheBackend') ? ['declare const cacheBackend: CacheBackend'] : []),
    ...(lacksStockpile ? [someStockpile] : []),
    ...(lacksStockpile && code.includes("'farm'") ? [seed] : []),
    ...(lacksStockpile && code.includes("'animals'") ? [herd] : []),
    ...(lacks('inventory') ? [someInventory] : []),
    withChecks(code, result),
    ...(lacksStockpile || own.has('stockpile') ? ['await stockpile.close()'] : []),
    'export {}\n',
  ]
  return parts
    .join('\n')
    .replaceAll(/(?<=from ')stockpile[^']*(?=')/g, (name) => `${root}/${entries[name] ?? name}`)
    .replaceAll(/(?:mysql|mariadb):\/\/[^']*/g, urls.mysql)
    .replaceAll(/postgres:\/\/[^']*/g, urls.postgres)
    .replaceAll(/rediss?:\/\/[^']*/g, urls.redis)
    .replaceAll(/(?<=\bmemcached\()(?:'[^']*'|\[[^\]]*\])/g, `'${urls.memcached}'`)
}

/** A complete program that checks what its comments claim, for where the package is installed and drivers are. */
export function checkedProgram({ code }: Example): string {
  return `import { format, inspect } from 'node:util'\n${claims}\n${withChecks(code, parseSync('example.ts', code))}`
}

/** The names that an example declares or imports itself. */
function namesOf({ module, program }: ParseResult): ReadonlySet<string> {
  const names = new Set(
    module.staticImports.flatMap(({ entries: some }) => some.map(({ localName }) => localName.value)),
  )
  for (const statement of program.body) {
    if (statement.type === 'VariableDeclaration') {
      for (const { id } of statement.declarations) if (id.type === 'Identifier') names.add(id.name)
    } else if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
      if (statement.id !== null) names.add(statement.id.name)
    }
  }
  return names
}

function imports(own: ReadonlySet<string>): string {
  const taken = new Set(own)
  const lines = Object.entries(entries).flatMap(([entry, path]) => {
    const [file] = readFiles(new RegExp(`^${path.replaceAll('.', '\\.')}$`))
    if (file === undefined) return []
    const names = parse(file).module.staticExports.flatMap(({ entries: some }) =>
      some.flatMap(({ exportName: { name }, isType, localName }) => {
        const isInterface = new RegExp(`export (?:interface|type) ${name}\\b`).test(file.text) && localName !== null
        if (name === null || taken.has(name)) return []
        taken.add(name)
        return [isType || isInterface ? `type ${name}` : name]
      }),
    )
    return [`import { ${names.join(', ')} } from '${entry}'`]
  })
  return [`import { format, inspect } from 'node:util'`, ...lines].join('\n')
}

/** The code with a check in place of each statement that has a comment behind it. */
function withChecks(code: string, result: ParseResult): string {
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  new Visitor({
    ExpressionStatement({ expression, start, end }: ExpressionStatement) {
      const lineEnd = code.indexOf('\n', end) === -1 ? code.length : code.indexOf('\n', end)
      const claim = /^;? *\/\/ (.*)$/.exec(code.slice(end, lineEnd))?.[1]
      if (claim === undefined) return
      const shown = code.slice(expression.start, expression.end)
      const said = /^console\.log\((?<values>[\s\S]*)\)$/.exec(shown)?.groups?.['values']
      const call = said === undefined ? `claimed(${shown}, ` : `printed([${said}], `
      edits.push({ start, end, text: `${call}${JSON.stringify(claim.trim())})` })
    },
  }).visit(result.program)
  return edits
    .sort((left, right) => right.start - left.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code)
}
