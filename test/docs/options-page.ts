import type { Class, TSInterfaceDeclaration, TSSignature } from 'oxc-parser'
import { commentBefore } from '../tidy/exports.ts'
import { parse, readFiles, type SourceFile } from '../tidy/source-file.ts'
import { cell } from './errors-page.ts'

/** One option as its declaration tells it. */
export interface Option {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  /** What its doc comment says: unit, range, default, and why to change it. */
  readonly comment: string
}

/** The interfaces that hold options, in the order of the page, with where they are used. */
export const optionInterfaces: readonly { readonly name: string; readonly title: string; readonly use: string }[] = [
  { name: 'StockpileOptions', title: 'A Stockpile', use: 'new Stockpile(options)' },
  { name: 'BatchOptions', title: 'Batches', use: 'new Stockpile({ batch })' },
  { name: 'AuditOptions', title: 'An audit of the cache', use: 'new Stockpile({ audit })' },
  { name: 'SqliteOptions', title: 'SQLite', use: 'sqlite(path, options)' },
  { name: 'MysqlOptions', title: 'MariaDB and MySQL', use: 'mysql(target, options)' },
  { name: 'PostgresOptions', title: 'PostgreSQL', use: 'postgres(target, options)' },
  {
    name: 'CacheOptions',
    title: 'A cache',
    use: 'memcached(servers, options), redis(target, options), memoryCache(options)',
  },
  { name: 'RedisOptions', title: 'Redis', use: 'redis(target, options), besides those of every cache' },
  {
    name: 'MemoryCacheOptions',
    title: 'A cache in this process',
    use: 'memoryCache(options), besides those of every cache',
  },
  {
    name: 'SerialOptions',
    title: 'An inventory with serials',
    use: 'stockpile.serial(app, user, options), stockpile.hybrid(app, user, options)',
  },
  {
    name: 'WriteOptions',
    title: 'A write',
    use: 'inventory.add(item, quantity, options), stockpile.deal(changes, options)',
  },
  { name: 'PlanOptions', title: 'A planned change', use: 'inventory.plan.add(item, quantity, options)' },
  { name: 'ReadOptions', title: 'A read', use: 'inventory.get(item, options), inventory.all(options)' },
  { name: 'HistoryFilter', title: 'A page of history', use: 'inventory.history(filter)' },
  { name: 'TransactionOptions', title: 'A transaction', use: 'stockpile.transaction(work, options)' },
  { name: 'VerifyOptions', title: 'Checking the books', use: 'stockpile.verify(app, options)' },
]

/** The page of options, made of what their declarations say. */
export function optionsPage(): string {
  const files = readFiles(/^src\/.*\.ts$/)
  const sections = optionInterfaces.map(({ name, title, use }) => {
    const rows = optionsOf(name, files).map(
      (option) =>
        `| \`${option.name}\`${option.isRequired ? ' (required)' : ''} | \`${cell(option.type)}\` | ${cell(option.comment)} |`,
    )
    return `## ${title}\n\n\`${use}\`\n\n| option | type | what it does |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Options

<!-- Made from the doc comments in src by \`npm run docs\`: change them there. -->

Every option is checked when it is given: one that breaks its rule is an \`InvalidArgumentError\` that names it, and nothing is done.

${sections.join('\n')}`
}

/** The options of an interface, in their order, those of the interfaces that it extends included. */
export function optionsOf(name: string, files: readonly SourceFile[]): Option[] {
  for (const file of files) {
    for (const statement of parse(file).program.body) {
      const declaration = 'declaration' in statement ? statement.declaration : null
      if (declaration?.type !== 'TSInterfaceDeclaration' || declaration.id.name !== name) continue
      return fieldsOf(declaration, file)
    }
  }
  throw new Error(`there is no interface ${name} in src`)
}

function fieldsOf(declaration: TSInterfaceDeclaration, file: SourceFile): Option[] {
  return declaration.body.body.flatMap((member: TSSignature | Class['body']['body'][number]) => {
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') return []
    const type = member.typeAnnotation?.typeAnnotation
    return [
      {
        name: member.key.name,
        type: type === undefined ? 'unknown' : file.text.slice(type.start, type.end).replace(/ \| undefined$/, ''),
        isRequired: !member.optional,
        comment: commentBefore(file, member.start) ?? '',
      },
    ]
  })
}

/** What is missing in the comment of an option that takes a number: its range, or its default. */
export function findVagueOptions(options: readonly Option[]): string[] {
  return options.flatMap(({ name, type, comment, isRequired }) => {
    if (comment === '') return [`${name} has no doc comment`]
    if (!/\bnumber\b/.test(type) || type.includes('=>')) return []
    const isDated = type.includes('Date')
    const lacks = [
      ...(isDated || /\b(?:from|above) \d|\d to \d/.test(comment) ? [] : ['the range']),
      ...(isDated || isRequired || /unless said otherwise|default/.test(comment) ? [] : ['the default']),
      ...(!name.endsWith('Ms') || /millisecond/.test(comment) ? [] : ['the unit']),
    ]
    return lacks.map((what) => `${name} doesn't say ${what}: ${comment}`)
  })
}
