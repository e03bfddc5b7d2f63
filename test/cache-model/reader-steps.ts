import { nearGuard, nearServer, putGuard, putKey } from './cache-server.ts'
import { databaseSteps } from './database-read-steps.ts'
import { answer } from './promises.ts'
import type { Setting, Take } from './step.ts'
import type { Base, Entry, Reader, World } from './world.ts'

/** The steps that a reader can take now. */
export function readerSteps(world: World, index: number, setting: Setting, take: Take): void {
  const reader = world.readers[index]
  if (reader === undefined) return
  const { rules, scenario } = setting
  const act: ReaderAct = (what, change) => {
    take(`R${index + 1} ${what}`, (next) => change(next, (next.readers[index] = { ...reader })))
  }
  // Filling the guard can come at any time after the generation was read.
  if (reader.isGuardRead === 1 && reader.guardToken !== 0) guardFillSteps(setting, act)
  switch (reader.at) {
    case 'start': {
      if (world.database.isNoted === 0) return
      if (rules.findsKeyFirst) keySteps(world, setting, act, begin)
      else {
        act('finds the guard', (next, own) => {
          begin(next, own)
          findGuard(next, own, setting)
          own.at = 'guarded'
        })
      }
      if (scenario.canJoinFlights) joinSteps(world, index, act)
      return
    }
    case 'guarded': {
      keySteps(world, setting, act, () => undefined)
      return
    }
    case 'keyed': {
      if (rules.findsKeyFirst) {
        act('finds the guard', (next, own) => {
          const guard = findGuard(next, own, setting)
          return decide(next, own, guard, setting)
        })
      }
      return
    }
    case 'fill': {
      // A lease that comes too late: what was read may be old by now.
      const isLate = !rules.leasesFirst && reader.token === 0 && reader.isRefused === 0
      if (isLate && world.cache.key === null) {
        act('takes its lease after reading', (next, own) => {
          own.token = putKey(next.cache, 'lease')
        })
      }
      fillSteps(index, setting, act)
      return
    }
    case 'offered': {
      offeredSteps(setting, act)
      return
    }
    case 'joined':
      return
    case 'done': {
      if (reader.readsLeft > 0 && reader.guardToken === 0) {
        act('reads once more', (_next, own) => {
          own.readsLeft -= 1
          own.at = 'start'
        })
      }
      return
    }
    case 'generation':
    case 'generation row':
    case 'row':
    case 'data':
    case 'row after':
      databaseSteps(world, reader, setting, act)
  }
}

/** Takes a reader's step. */
export type ReaderAct = (what: string, change: (next: World, self: Reader) => string | undefined | void) => void

function begin({ database }: World, own: Reader): void {
  own.acknowledged = database.acknowledged
  own.seen = database.seen
}

function keySteps(world: World, setting: Setting, act: ReaderAct, start: (next: World, own: Reader) => void): void {
  const { rules } = setting
  const reader = world.readers.find(({ copy }) => copy !== null)
  if (!rules.validatesCopy && reader !== undefined) {
    act('answers with its copy', (next, own) => {
      start(next, own)
      if (own.copy === null) return undefined
      own.at = 'done'
      return answer(next, own, own.copy.content)
    })
  }
  act(`finds ${world.cache.key?.kind ?? 'nothing'} under the key`, (next, own) => {
    const { cache } = next
    start(next, own)
    const { key } = cache
    own.incarnation = cache.incarnation
    own.token = 0
    own.value = null
    if (key === null) {
      if (rules.leasesFirst && rules.fillsOnToken) own.token = putKey(cache, 'lease')
    } else if (key.kind === 'value') {
      own.token = key.token
      own.value = own.copy?.token === key.token ? own.copy : baseOf(key)
    }
    own.at = 'keyed'
    return rules.findsKeyFirst
      ? undefined
      : decide(next, own, own.generation === 0 ? null : own.generation - 1, setting)
  })
}

/** @returns the generation that the guard tells; null where it tells none */
function findGuard(next: World, own: Reader, { rules }: Setting): number | null {
  const { cache } = next
  if (rules.findsKeyFirst && own.incarnation !== cache.incarnation) {
    // The connection broke between the two: what was found by it counts for nothing.
    own.value = null
    own.token = 0
    return null
  }
  const guard = nearGuard(cache)
  own.guardToken = 0
  own.isGuardRead = 0
  let generation: number | null = null
  if (guard === null) own.guardToken = putGuard(cache, nearServer(cache), 'lease')
  else if (guard.kind === 'value') {
    if (guard.incarnation === cache.incarnation || !rules.comparesIncarnation) generation = guard.generation
    else own.guardToken = guard.token
  }
  // Kept for the order of finding that the protocol forbids: one more than the generation, or 0.
  if (!rules.findsKeyFirst) own.generation = generation === null ? 0 : generation + 1
  return generation
}

function decide(next: World, own: Reader, generation: number | null, { rules, scenario }: Setting): string | undefined {
  const { cache } = next
  const { value } = own
  own.value = null
  own.generation = 0
  const isGuarded = generation !== null || !rules.requiresGuard
  if (value !== null && isGuarded && !scenario.refreshes) {
    const isCurrent = generation === null || value.generation === generation || !rules.comparesGeneration
    const isAlive = value.incarnation === cache.incarnation || !rules.comparesIncarnation
    if (isCurrent && isAlive) {
      if (scenario.keepsCopies) own.copy = { ...value, token: own.token }
      own.token = 0
      own.at = 'done'
      return answer(next, own, value.content)
    }
  }
  own.at = rules.stampsFirst ? 'generation' : 'row'
  return undefined
}

function joinSteps(world: World, index: number, act: ReaderAct): void {
  for (const [at, leader] of world.readers.entries()) {
    const isFlying = leader.token !== 0 && leader.at !== 'keyed' && leader.at !== 'done'
    if (at === index || !isFlying) continue
    act(`joins the flight of R${at + 1}`, (next, own) => {
      begin(next, own)
      own.at = 'joined'
      own.leader = at + 1
    })
  }
}

function fillSteps(index: number, { rules, scenario }: Setting, act: ReaderAct): void {
  act('fills the key', (next, own) => {
    const { cache } = next
    const { value, generation } = own
    const isMine = rules.fillsOnToken
      ? own.token !== 0 && cache.key?.token === own.token
      : cache.key === null && own.isRefused === 0
    if (isMine && value !== null) {
      putKey(cache, 'value', { ...value, generation, incarnation: cache.incarnation })
    }
    if (scenario.canJoinFlights) land(next, index, isMine || !rules.joinsSuccessfulFills ? value : null, generation)
    own.at = 'done'
    own.value = null
    own.token = 0
    own.isRefused = 0
    if (own.guardToken === 0) own.generation = 0
  })
}

/** Tells those who joined a flight what came of it; those who get nothing from it begin by themselves. */
function land(next: World, index: number, value: Base | null, generation: number): void {
  for (const [at, joiner] of next.readers.entries()) {
    if (joiner.at !== 'joined' || joiner.leader !== index + 1) continue
    next.readers[at] =
      value === null
        ? { ...joiner, leader: 0, at: 'start' }
        : { ...joiner, leader: 0, at: 'offered', value: { ...value, generation } }
  }
}

function offeredSteps({ rules }: Setting, act: ReaderAct): void {
  act('takes what the flight brought', (next, own) => {
    const { value } = own
    const guard = nearGuard(next.cache)
    const isKnown = guard?.kind === 'value' && guard.incarnation === next.cache.incarnation
    own.value = null
    if (value === null || (rules.joinersReadGuard && !(isKnown && guard.generation === value.generation))) {
      own.at = 'start'
      return undefined
    }
    own.at = 'done'
    return answer(next, own, value.content)
  })
}

function guardFillSteps({ rules }: Setting, act: ReaderAct): void {
  act('fills the guard', (next, own) => {
    const { cache } = next
    const guard = nearGuard(cache)
    const isMine = rules.fillsGuardOnToken ? guard?.token === own.guardToken : guard?.kind !== 'value'
    if (isMine) putGuard(cache, nearServer(cache), 'value', own.generation)
    own.guardToken = 0
    own.isGuardRead = 0
    if (own.at === 'done') own.generation = 0
  })
}

function baseOf({ content, version, generation, incarnation }: Entry): Base {
  return { content, version, generation, incarnation }
}
