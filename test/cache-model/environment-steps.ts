import { nearServer, putKey } from './cache-server.ts'
import type { Setting, Take } from './step.ts'
import type { World } from './world.ts'

/** What the world may do to the protocol now. */
export function environmentSteps(world: World, { rules, scenario }: Setting, take: Take): void {
  const { cache, database, faults } = world
  if (database.isNoted === 0) {
    take('the database is told that it is cached', (next) => {
      next.database.isNoted = 1
    })
  }
  if (cache.isIntentLate === 1) {
    take('an intent arrives late', (next) => {
      putKey(next.cache, 'intent')
      next.cache.isIntentLate = 0
    })
  }
  if (faults.evict > 0) evictSteps(world, take)
  if (faults.restart === 0) return
  if (
    scenario.savesToDisk &&
    cache.saved === null &&
    (cache.key !== null || cache.guards.some((guard) => guard !== null))
  ) {
    take('the cache saves itself to disk', (next) => {
      next.cache.saved = { key: next.cache.key, guard: next.cache.guards[nearServer(next.cache)] ?? null }
    })
  }
  take('the cache RESTARTS, empty', (next) => restart(next, rules.bindsTokens))
  if (cache.saved !== null) {
    take('the cache RESTARTS with what it had saved', (next) => {
      const { saved } = next.cache
      restart(next, rules.bindsTokens)
      next.cache.key = saved?.key ?? null
      next.cache.guards[nearServer(next.cache)] = saved?.guard ?? null
    })
  }
}

function evictSteps({ cache }: World, take: Take): void {
  if (cache.key !== null) {
    take(`the ${cache.key.kind} under the key is EVICTED`, (next) => {
      next.faults.evict -= 1
      next.cache.key = null
    })
  }
  for (const [server, guard] of cache.guards.entries()) {
    if (guard === null) continue
    take(`the guard of server ${server + 1} is EVICTED`, (next) => {
      next.faults.evict -= 1
      next.cache.guards[server] = null
    })
  }
}

/** A token belongs to a connection, and that to one life of the server's process. */
function restart(next: World, bindsTokens: boolean): void {
  const { cache } = next
  next.faults.restart -= 1
  cache.key = null
  cache.guards.fill(null)
  cache.incarnation += 1
  cache.saved = null
  if (!bindsTokens) {
    // Servers that count their tokens begin at the beginning.
    cache.tokens = 0
    return
  }
  const none = { token: 0, guardToken: 0, isGuardRead: 0, copy: null }
  for (const [at, writer] of next.writers.entries()) next.writers[at] = { ...writer, token: 0 }
  for (const [at, bulk] of next.bulks.entries()) next.bulks[at] = { ...bulk, tokens: bulk.tokens.map(() => 0) }
  for (const [at, reader] of next.readers.entries()) next.readers[at] = { ...reader, ...none }
}
