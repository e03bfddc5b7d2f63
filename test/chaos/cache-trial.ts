import { setTimeout as pause } from 'node:timers/promises'
import { Prover, type ProofReport, type Trial } from '../../src/cli/prove/prover.ts'
import type { FaultProxy } from '../servers/fault-proxy.ts'
import type { Server } from '../servers/server.ts'
import { openPlainCache } from './plain-cache.ts'
import { Random } from './random.ts'

/** Where a trial is held, and what may be done to its servers. */
export interface Scene {
  readonly storage: string
  readonly cache: string
  /** The database's server, if that may be killed. */
  readonly database: Server | null
  /** The cache's server and the proxy that leads to it, if they may be tampered with. */
  readonly cacheServer: { readonly server: Server; readonly proxy: FaultProxy } | null
}

// Longer than a server takes on a machine with much to do, and shorter than a partition.
const timeoutMs = 400
const partitionMsMax = 900

/** Holds a trial, with the troubles that its servers can get into; each of them happens at least once. */
export async function holdTrial(
  { storage, cache, database, cacheServer }: Scene,
  trial: Pick<Trial, 'seed' | 'processes' | 'readsMax'> & Partial<Trial>,
): Promise<{ report: ProofReport; troubles: Record<string, number> }> {
  const random = new Random(trial.seed)
  const troubles: Record<string, number> = {}
  await using prover = await Prover.open({
    storage,
    cache,
    cacheOptions: cache.startsWith('memory:') ? {} : { timeoutMs },
    app: `trial_${random.below(2 ** 31).toString(36)}`,
    secondsMax: 600,
    readers: 12,
    writers: 6,
    lifeMsMax: trial.processes > 1 ? 1_500 : null,
    byHandEveryMs: 200,
    // While nothing gets through, nothing can be relayed.
    lateMsMax: 60_000,
    ...trial,
  })
  const kinds = [
    ...(cacheServer === null ? [] : cacheTroubles(cacheServer, random)),
    ...(database === null ? [] : [['database killed', () => database.restart()] as const]),
  ]
  const report = await prover.run(async () => {
    const first = kinds.map((kind) => [random.next(), kind] as const).toSorted(([one], [other]) => one - other)
    const planned = first.map(([, kind]) => kind)
    while (kinds.length > 0 && (planned.length > 0 || !prover.isOver)) {
      await pause(random.next() * 800)
      const [name, make] = planned.shift() ?? random.pick(kinds.filter(([kind]) => kind !== 'database killed'))
      await make()
      troubles[name] = (troubles[name] ?? 0) + 1
    }
  })
  return { report, troubles }
}

function cacheTroubles(
  { server, proxy }: { readonly server: Server; readonly proxy: FaultProxy },
  random: Random,
): (readonly [string, () => Promise<void>])[] {
  return [
    ['cache killed', () => server.restart()],
    [
      'cache away',
      async () => {
        await server.kill()
        await pause(random.next() * 500)
        await server.restart()
      },
    ],
    [
      'cache flushed',
      async () => {
        const plain = await openPlainCache(server.url)
        await plain.flush()
        await plain.close()
      },
    ],
    ['connections cut', async () => proxy.cut()],
    [
      'partition',
      async () => {
        proxy.blackhole()
        await pause(random.next() * partitionMsMax)
        // What was held back arrives now: late intents, values and removals.
        proxy.heal()
      },
    ],
  ]
}
