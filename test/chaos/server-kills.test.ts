import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { effort } from './effort.ts'
import { HistoryRun } from './history-run.ts'
import { Random } from './random.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds } from './stores.ts'

const kills = effort(5, 200)
const seed = chooseSeed('server kills')

describe.each(storeKinds.filter(({ hasServer }) => hasServer))('on $name', (kind) => {
  test(
    `a server killed ${kills} times under load leaves whole deals, and a history that explains every answer`,
    async () => {
      await using store = await kind.open()
      await using run = await HistoryRun.start(store.url, 'chaos', seed, 3)
      const random = new Random(seed)
      for (let kill = 0; kill < kills; kill += 1) {
        await Promise.all(
          Array.from({ length: run.crew.places }, (_, place) => run.crew.worker(place).answers(random.upTo(60))),
        )
        // An answer comes right after a commit: a moment later it is any moment.
        await pause(random.next() * 10)
        await run.killServer(store.server!, kind.isShowingEarly)
      }
      await Promise.all(Array.from({ length: run.crew.places }, (_, place) => run.crew.worker(place).answers(10)))
      const report = await run.finish()
      expect(report.wrong).toEqual([])
      // The processes lived, so they heard what became of all that they asked for.
      expect(report.unanswered).toBe(0)
      expect(report.deals).toBeGreaterThan(kills)
      expect(report.askedAgain).toBeGreaterThan(kills)
    },
    effort(60_000, 1_800_000),
  )
})
