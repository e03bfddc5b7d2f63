import { dealsOf } from './step.ts'
import type { Scenario } from './scenario.ts'
import type { Reader, World } from './world.ts'

/** The world before anybody has done anything. */
export function makeWorld(scenario: Scenario): World {
  const { writers, bulks, edits, readers, servers, isWarm, isNew } = scenario
  const guard = { kind: 'value', token: 1, content: 0, version: 0, generation: 0, incarnation: 0 } as const
  const version = isNew ? 0 : 1
  return {
    database: {
      contents: [0],
      version,
      generation: 0,
      rowLock: 0,
      generationLock: 0,
      isNoted: scenario.style === 'untold' ? 0 : 1,
      unrelayed: 0,
      acknowledged: 0,
      seen: 0,
    },
    cache: {
      key: isWarm && !isNew ? { ...guard, token: 2, version } : null,
      guards: Array.from({ length: servers }, () => (isWarm ? guard : null)),
      saved: null,
      incarnation: 0,
      tokens: isWarm ? 2 : 0,
      isIntentLate: 0,
    },
    writers: Array.from({ length: writers }, () => ({
      at: 'open',
      own: 0,
      dealsLeft: dealsOf(scenario),
      found: -1,
      token: 0,
      base: null,
    })),
    bulks: Array.from({ length: bulks }, () => ({ at: 'start', servers: 0, tokens: [], generation: 0 })),
    edits: Array.from({ length: edits }, () => ({ at: 'start' })),
    readers: Array.from({ length: readers }, () => makeReader(scenario.readsEach - 1)),
    relay: { at: 'idle', taken: 0 },
    faults: { ...scenario.faults },
  }
}

function makeReader(readsLeft: number): Reader {
  return {
    at: 'start',
    acknowledged: 0,
    seen: 0,
    token: 0,
    guardToken: 0,
    generation: 0,
    value: null,
    isGuardRead: 0,
    isRefused: 0,
    leader: 0,
    incarnation: 0,
    copy: null,
    readsLeft,
  }
}

/** A copy of which all but the actors can be changed without touching the original: a step replaces the actors that it changes. */
export function copyWorld({ database, cache, writers, bulks, edits, readers, relay, faults }: World): World {
  return {
    database: { ...database },
    cache: { ...cache, guards: cache.guards.slice() },
    writers: writers.slice(),
    bulks: bulks.slice(),
    edits: edits.slice(),
    readers: readers.slice(),
    relay: { ...relay },
    faults: { ...faults },
  }
}
