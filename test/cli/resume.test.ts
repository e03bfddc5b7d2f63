import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { effort } from '../chaos/effort.ts'
import { Random } from '../chaos/random.ts'
import { chooseSeed } from '../chaos/seed.ts'
import { jsonOf, runCommand } from './command-line.ts'
import { dialects, openDatabase, type CliDatabase, type Dialect } from './databases.ts'
import { endOf, interruptApply, refusedName, type End } from './resume.ts'

const users = Array.from({ length: 40 }, (_, index) => `user_${index}`)
const dealsCount = 8_000
const kills = effort(3, 60)
const columns = ['--app', 'farm', '--deal', 'deal', '--user', 'who', '--item', 'what', '--quantity', 'n']
const others = ['--refused', refusedName, '--tables', 'auto']
const fromFile = ['apply', 'day.csv', ...columns, ...others]
// The same run, so that the deals have the same keys.
const fromPipe = ['apply', '-', '--csv', '--run', 'day.csv', ...columns, ...others]

let random: Random
let day: string
/** What one run without any interruption leaves behind; the same on every database. */
let expected: End

beforeAll(async () => {
  random = new Random(chooseSeed('resumed apply'))
  day = dayOf(random)
  await using database = await withDay('sqlite')
  await runCommand(fromFile, { folder: database.folder, storage: database.url })
  expected = await endOf(database, 'farm', users)
})

/** Deals of one to three rows, many of which take what may not be there, and a few rows that are none. */
function dayOf(source: Random): string {
  const lines = ['deal,who,what,n']
  for (let deal = 1; deal <= dealsCount; deal += 1) {
    for (let row = source.upTo(3); row > 0; row -= 1) {
      const quantity = source.chance(0.002) ? 'many' : source.chance(0.3) ? -source.upTo(9) : source.upTo(5)
      lines.push([deal, source.pick(users), `item_${source.below(4)}`, quantity].join(','))
    }
  }
  return `${lines.join('\n')}\n`
}

async function withDay(dialect: Dialect): Promise<CliDatabase> {
  const database = await openDatabase(dialect)
  writeFileSync(join(database.folder, 'day.csv'), day)
  return database
}

/** A place somewhere in the day, as the number of deals refused so far. */
function someRefusals(): number {
  return random.upTo(Math.floor((expected.refused.split('\n').length - 1) * 0.7))
}

describe.each(dialects)(
  'apply on %s, stopped and run again, ends as if it had run once',
  { timeout: 120_000 + kills * 10_000 },
  (dialect) => {
    it('killed at random moments', async () => {
      await using database = await withDay(dialect)
      for (let kill = 0; kill < kills; kill += 1) {
        const ended = await interruptApply(fromPipe, database, {
          signal: 'SIGKILL',
          refusals: someRefusals(),
          input: day,
        })
        expect(ended).toMatchObject({ code: null, stdout: '' })
      }
      const last = await runCommand([...fromFile, '--json'], { folder: database.folder, storage: database.url })
      const counts = jsonOf(last) as { deals: number; applied: number; appliedBefore: number; refused: number }
      expect(counts).toMatchObject({ deals: dealsCount, isComplete: true })
      expect(counts.appliedBefore).toBeGreaterThan(0)
      expect(counts.applied + counts.appliedBefore + counts.refused).toBe(dealsCount)
      expect(await endOf(database, 'farm', users)).toEqual(expected)
      expect((await runCommand(['verify', 'farm'], { storage: database.url })).code).toBe(0)
    })

    it('interrupted by Ctrl-C: finishes what is in flight, says how to go on, ends with 130', async () => {
      await using database = await withDay(dialect)
      const ended = await interruptApply(fromPipe, database, { signal: 'SIGINT', refusals: someRefusals(), input: day })
      expect(ended).toMatchObject({ code: 130, stdout: '' })
      expect(ended.stderr).toMatch(
        /^standard input: [\d,]+ deals in .*, not all of it\n(.*\n)+Run the same command again to go on: no deal is done twice\.\n$/,
      )
      const done = /([\d,]+) applied/.exec(ended.stderr)?.[1]?.replaceAll(',', '')
      const last = await runCommand([...fromFile, '--json'], { folder: database.folder, storage: database.url })
      // All that was in flight had been waited for and counted.
      expect(jsonOf(last)).toMatchObject({ appliedBefore: Number(done), deals: dealsCount, isComplete: true })
      expect(await endOf(database, 'farm', users)).toEqual(expected)
    })
  },
)
