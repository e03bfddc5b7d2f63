import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { effort } from './effort.ts'
import { HistoryRun } from './history-run.ts'
import { Random } from './random.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds } from './stores.ts'

const kills = effort(12, 200)
const seed = chooseSeed('worker kills')

describe.each(storeKinds)('on $name', (kind) => {
  test(
    `processes killed ${kills} times leave whole deals, and a history that explains every answer`,
    async () => {
      await using store = await kind.open()
      await using run = await HistoryRun.start(store.url, 'chaos', seed, 3)
      await Promise.all(
        Array.from({ length: run.crew.places }, async (_, place) => {
          const random = new Random(seed, place)
          for (let kill = 0; kill < kills / run.crew.places; kill += 1) {
            await run.crew.worker(place).answers(random.upTo(60))
            // An answer comes right after a commit: a moment later it is any moment.
            await pause(random.next() * 10)
            await run.crew.worker(place).kill()
            await run.crew.spawn(place)
          }
        }),
      )
      const report = await run.finish()
      expect(report.wrong).toEqual([])
      expect(report.unanswered).toBeGreaterThan(0)
      expect(report.deals).toBeGreaterThan(kills)
      expect(report.askedAgain).toBeGreaterThan(kills)
    },
    effort(60_000, 1_800_000),
  )
})
