import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { effort } from './effort.ts'
import { Random } from './random.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds } from './stores.ts'
import { TradeRun } from './trade-run.ts'

const [processes, kills, trades] = [3, effort(6, 120), effort(2_000, 100_000)]
const seed = chooseSeed('trades')

describe.each(storeKinds)('on $name', (kind) => {
  test(
    `${trades} trades of processes killed ${kills} times leave every serial in one holding, and no coin more or less`,
    async () => {
      await using store = await kind.open()
      await using run = await TradeRun.start(store.url, seed, processes)
      const lives = kills / processes + 1
      const share = Math.ceil(trades / processes / lives)
      await Promise.all(
        Array.from({ length: processes }, async (_, place) => {
          const random = new Random(seed, place)
          for (let life = 1; life <= lives; life += 1) {
            await run.crew.worker(place).answers(share)
            if (life === lives) break
            // An answer comes right after a commit: a moment later it is any moment.
            await pause(random.next() * 10)
            await run.crew.worker(place).kill()
            await run.crew.spawn(place)
          }
        }),
      )
      const report = await run.finish()
      console.log(`trades on ${kind.name}: ${JSON.stringify({ ...report, wrong: report.wrong.length })}`)
      expect(report.wrong.slice(0, 20)).toEqual([])
      expect(report.done).toBeGreaterThanOrEqual(trades)
      expect(report.refused).toBeGreaterThan(trades / 50)
      expect(report.unanswered).toBeGreaterThan(0)
      expect(report.askedAgain).toBeGreaterThan(report.unanswered / 5)
    },
    effort(120_000, 1_800_000),
  )
})
