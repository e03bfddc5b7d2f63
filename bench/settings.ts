import { parseArgs } from 'node:util'
import type { Database } from './database.ts'

/** How thoroughly to measure. */
export interface Settings {
  /** `quick` is for trying out, and its figures are not kept; `full` takes about an hour. */
  readonly level: 'quick' | 'usual' | 'full'
  readonly databases: readonly Database['name'][]
  /** How long memory is watched. */
  readonly minutes: number
  /** The questions to answer; all of them where none is named. */
  readonly questions: readonly string[]
}

const names = { sqlite: 'SQLite', mariadb: 'MariaDB', postgres: 'PostgreSQL' } as const
const minutesOf = { quick: 0.1, usual: 0.25, full: 10 } as const

/**
 * Reads the arguments of the command line.
 *
 * @throws Error naming the argument that makes no sense
 */
export function readSettings(args: readonly string[]): Settings {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      database: { type: 'string', multiple: true },
    },
  })
  const level = values.quick ? 'quick' : values.full ? 'full' : 'usual'
  const minutes = values.minutes === undefined ? minutesOf[level] : Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: a number above 0 is needed`)
  const databases = (values.database ?? Object.keys(names)).map((name) => {
    if (Object.hasOwn(names, name)) return names[name as keyof typeof names]
    throw new Error(`--database ${name}: there are ${Object.keys(names).join(', ')}`)
  })
  return { level, databases, minutes, questions: positionals }
}
