import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import type { CrowdJob } from './crowd-worker.ts'
import { effort } from './effort.ts'
import { openStorage } from './open-storage.ts'
import { Random } from './random.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds } from './stores.ts'
import { WorkerProcess } from './worker-process.ts'

const app = 'crowd'
const callers = 1_000
const kills = effort(3, 100)
const seed = chooseSeed('crowd kills')

/** What the callers of a process heard until it was killed: of each user the last addition, and whether any answer was wrong. */
interface Heard {
  readonly last: ReadonlyMap<number, number>
  readonly wrong: readonly string[]
  /** The most batches that were under way at once. */
  readonly batchesMost: number
}

/** Reads a log; a last line that was cut off counts as not written. */
async function hear(file: string): Promise<Heard> {
  const last = new Map<number, number>()
  const wrong: string[] = []
  let batchesMost = 0
  for (const line of (await readFile(file, 'utf8')).split('\n').slice(0, -1)) {
    const [user = NaN, count = NaN, quantity = NaN, batches = NaN] = line.split(' ').map(Number)
    // Each addition is of one, and has a key of its own: whether it was done before or not, this is its only answer.
    if (quantity !== count) wrong.push(line)
    last.set(user, count)
    batchesMost = Math.max(batchesMost, batches)
  }
  return { last, wrong, batchesMost }
}

describe.each(storeKinds)('on $name', (kind) => {
  test(
    `processes killed ${kills} times with two batches under way keep what they answered, and answer the same again`,
    async () => {
      await using store = await kind.open()
      await using stockpile = new Stockpile({ storage: await openStorage(store.url) })
      await stockpile.migrate([app])
      const random = new Random(seed)
      const next = Array.from({ length: callers }, () => 1)
      let batchesMost = 0
      const folder = await makeTempFolder('crowd')
      try {
        for (let kill = 0; kill < kills; kill += 1) {
          const file = join(folder, `${kill}.log`)
          await using worker = new WorkerProcess(
            'crowd-worker.ts',
            { url: store.url, app, next } satisfies CrowdJob,
            file,
          )
          await worker.ready()
          worker.tell({ type: 'go' })
          await worker.answers(random.upTo(5_000))
          await worker.kill()
          const heard = await hear(file)
          expect(heard.wrong).toEqual([])
          for (const [user, count] of heard.last) next[user] = count + 1
          batchesMost = Math.max(batchesMost, heard.batchesMost)
        }
      } finally {
        await removeTempFolder(folder)
      }
      expect(batchesMost).toBe(2)
      const held = await Promise.all(next.map((_count, user) => stockpile.tally(app, user + 1).get('gold')))
      const outside = held.filter((quantity, user) => quantity < next[user]! - 1 || quantity > next[user]!)
      expect(outside).toEqual([])
      const again = await Promise.all(
        next.map((count, user) => stockpile.tally(app, user + 1).add('gold', 1, { key: `${user} ${count}` })),
      )
      expect(again).toEqual(next.map(BigInt))
      const { breaks } = await stockpile.verify(app)
      expect(breaks).toEqual([])
    },
    effort(120_000, 1_800_000),
  )
})
