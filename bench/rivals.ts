import type { Database } from './database.ts'
import { startDatabase } from './databases.ts'
import type { LoadOptions, RunResult } from './load.ts'
import type { Question } from './question.ts'
import type { Settings } from './settings.ts'
import { sideBySide, sideCells, sideColumns, type Sides } from './side-by-side.ts'

/** One number of callers on one database. */
interface RivalsRow extends Sides {
  readonly database: Database['name']
  readonly callers: number
}

/** What is measured side by side, with its stock. */
export interface Rivals<C> {
  readonly hand: C
  readonly ours: C
  /** Keeps one of them busy, and holds its tables to what was acknowledged. */
  run(contender: C, options: LoadOptions, seed: number): Promise<RunResult>
}

const warmUp = { callers: 128, milliseconds: 800 } as const
const plans = {
  quick: { callers: [1, 16, 128], rounds: 1, milliseconds: 1000 },
  usual: { callers: [1, 16, 128], rounds: 3, milliseconds: 600 },
  full: { callers: [1, 16, 128], rounds: 7, milliseconds: 4000 },
} as const satisfies Record<Settings['level'], object>

/**
 * A question about code written by hand and Stockpile, for several numbers of callers.
 *
 * @param open makes both with their stock; what it puts on the stack is closed before the database is
 */
export function rivalsQuestion<C extends { readonly name: string }>(
  { name, title, note }: Pick<Question<RivalsRow>, 'name' | 'title' | 'note'>,
  open: (database: Database, stack: AsyncDisposableStack) => Promise<Rivals<C>>,
): Question<RivalsRow> {
  return {
    name,
    title,
    async measure({ level, databases }, tell) {
      const rows: RivalsRow[] = []
      const versions: string[] = []
      const { rounds, milliseconds } = plans[level]
      for (const place of databases) {
        await using database = await startDatabase[place]()
        versions.push(`${place} ${database.version} (${database.settings.join(' ')})`)
        await using stack = new AsyncDisposableStack()
        const rivals = await open(database, stack)
        const { serverPid } = database
        for (const contender of [rivals.hand, rivals.ours]) await rivals.run(contender, { ...warmUp, serverPid }, 0)
        for (const callers of plans[level].callers) {
          tell(`${place}, ${callers} callers`)
          const sides = await sideBySide<C>(rivals.hand, rivals.ours, rounds, (contender, round) =>
            rivals.run(contender, { callers, milliseconds, serverPid }, round),
          )
          rows.push({ database: place, callers, ...sides })
        }
      }
      return { rows, versions }
    },
    columns: ['database', 'callers', ...sideColumns],
    cells: (row) => [row.database, row.callers, ...sideCells(row)],
    note,
  }
}
