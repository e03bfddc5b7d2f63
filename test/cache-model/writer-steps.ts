import { nearGuard, putKey } from './cache-server.ts'
import { acknowledge, commitContent, committedContent } from './promises.ts'
import { actorNumber, changeBit, dealsOf, type Setting, type Take } from './step.ts'
import type { Base, World, Writer } from './world.ts'

/** The steps that a writer can take now. */
export function writerSteps(world: World, index: number, setting: Setting, take: Take): void {
  const writer = world.writers[index]
  if (writer === undefined || writer.at === 'done') return
  const { scenario } = setting
  const self = actorNumber(scenario, 'writer', index)
  const name = `W${index + 1}`
  const act = (what: string, change: (next: World, self: Writer) => string | void): void => {
    take(`${name} ${what}`, (next) => change(next, (next.writers[index] = { ...writer })))
  }
  if (writer.at === 'dying') {
    act('is rolled back by the database, being dead', (next, own) => {
      next.database.rowLock = 0
      own.at = 'done'
    })
    return
  }
  if (scenario.style === 'untold') untoldSteps(world, writer, self, setting, act)
  else if (writer.at === 'open' || writer.at === 'ready') saveSteps(world, writer, self, index, setting, act)
  if (writer.at === 'open' && scenario.style !== 'untold') intentSteps(world, writer, setting, act)
  if (writer.at === 'intended') guardSteps(writer, setting, act)
  if (writer.at === 'ready') endSteps(world, setting, act)
  if (writer.at === 'committed' || writer.at === 'publishing' || writer.at === 'releasing') {
    afterSteps(world, writer, setting, act)
  }
  const hasBegun = writer.at !== 'open' || writer.own !== 0 || writer.token !== 0
  if (world.faults.kill > 0 && hasBegun) {
    act('is KILLED', (next, own) => {
      next.faults.kill -= 1
      own.at = next.database.rowLock === self ? 'dying' : 'done'
    })
  }
}

// Only where a rule is broken: the guard did not tell.
const unknownGeneration = 100

type Act = (what: string, change: (next: World, self: Writer) => string | void) => void

function saveSteps(world: World, writer: Writer, self: number, index: number, setting: Setting, act: Act): void {
  const { rules, scenario } = setting
  const { rowLock } = world.database
  const isJoined = scenario.style === 'join'
  const maySave = writer.at === 'open' ? !isJoined || writer.own === 0 : isJoined
  const isLate = !rules.intendsUnderLock && writer.token === 0
  if (maySave && writer.dealsLeft > 0 && (rowLock === 0 || rowLock === self) && !isLate) {
    act(rowLock === self ? 'saves another deal' : 'locks the account and saves', (next, own) => {
      if (next.database.rowLock !== self && (rules.findsVersionAgain || own.found < 0))
        own.found = next.database.version
      next.database.rowLock = self
      own.own |= changeBit(scenario, 'writer', index, dealsOf(scenario) - own.dealsLeft)
      own.dealsLeft -= 1
      const isIntended = !rules.intendsUnderLock || (!rules.intendsAfterEachLock && own.token !== 0)
      own.at = isIntended ? 'ready' : 'open'
    })
  }
  if (world.faults.savepoint > 0 && scenario.style !== 'lane' && writer.own !== 0) {
    act('rolls back to a savepoint, which gives the lock away', (next, own) => {
      next.faults.savepoint -= 1
      next.database.rowLock = 0
      own.own = 0
      own.base = null
      own.at = own.dealsLeft === 0 ? 'done' : 'open'
    })
  }
  if (!rules.readsPastCacheInTransaction && writer.own !== 0 && writer.at === 'open' && world.cache.key === null) {
    act('reads in its transaction, and fills', (next, own) => {
      const { database, cache } = next
      const { generation } = database
      const content = committedContent(database) | own.own
      putKey(cache, 'value', { content, version: own.found + 1, generation, incarnation: cache.incarnation })
    })
  }
}

function intentSteps(world: World, writer: Writer, { rules, scenario }: Setting, act: Act): void {
  const isSaved = writer.own !== 0 && (scenario.style === 'join' || writer.dealsLeft === 0)
  const isEarly = !rules.intendsUnderLock && writer.token === 0
  if (!isSaved && !isEarly) return
  act('puts its intent', (next, own) => {
    const { key } = next.cache
    if (key?.kind === 'value') own.base = key
    own.token = putKey(next.cache, 'intent')
    if (isEarly) return
    const mayMake = (scenario.isNew && own.found === 0) || !rules.makesNewOnly
    own.at = own.base !== null || mayMake ? 'intended' : 'ready'
  })
  if (world.faults.nack === 0 || isEarly) return
  const refuse = (next: World, own: Writer): void => {
    next.faults.nack -= 1
    if (rules.awaitsAcknowledgement) {
      next.database.rowLock = 0
      own.at = 'done'
    } else own.at = 'ready'
  }
  act('gets no acknowledgement of its intent, which is lost', refuse)
  act('gets no acknowledgement of its intent, which arrived', (next, own) => {
    putKey(next.cache, 'intent')
    refuse(next, own)
  })
  act('gets no acknowledgement of its intent, which is on its way', (next, own) => {
    next.cache.isIntentLate = 1
    refuse(next, own)
  })
}

/** The second half of putting an intent: the guard as it is after it, and whether what was there can be patched. */
function guardSteps(writer: Writer, { rules, scenario }: Setting, act: Act): void {
  if (writer.token === 0) {
    act('loses the connection before the guard is read, and refuses', (next, own) => {
      next.database.rowLock = 0
      own.at = 'done'
    })
    return
  }
  act('reads the guard after its intent', (next, own) => {
    const { cache } = next
    const guard = nearGuard(cache)
    const isKnown = guard?.kind === 'value' && (guard.incarnation === cache.incarnation || !rules.comparesIncarnation)
    const generation = isKnown ? guard.generation : null
    const isNew = (scenario.isNew && own.found === 0) || !rules.makesNewOnly
    own.at = 'ready'
    if (own.base !== null) {
      const isNeighbour = own.base.version === own.found || !rules.patchesNeighbours
      const isCurrent = own.base.generation === generation || !rules.patchesCurrentGeneration
      const isAlive = own.base.incarnation === cache.incarnation || !rules.patchesCurrentIncarnation
      if (!isNeighbour || !isCurrent || !isAlive) own.base = null
      else if (!rules.keepsStamp && generation !== null) {
        own.base = { ...own.base, generation, incarnation: cache.incarnation }
      }
    } else if (isNew && (generation !== null || !rules.makesGuardedOnly)) {
      const stamp = generation ?? unknownGeneration
      own.base = { content: 0, version: own.found, generation: stamp, incarnation: cache.incarnation }
    }
  })
}

function endSteps(world: World, { rules, scenario }: Setting, act: Act): void {
  act('COMMITs', (next, own) => {
    const { database } = next
    commitContent(database, committedContent(database) | own.own, !scenario.acknowledgesLater)
    database.version += dealsIn(own.own)
    database.rowLock = 0
    own.at = scenario.acknowledgesLater ? 'committed' : ended(own.base)
  })
  if (world.faults.rollback > 0) {
    act('ROLLs BACK', (next, own) => {
      next.faults.rollback -= 1
      next.database.rowLock = 0
      own.at = own.token !== 0 || !rules.releasesOwnIntent ? 'releasing' : 'done'
    })
  }
}

function afterSteps(world: World, writer: Writer, { rules }: Setting, act: Act): void {
  if (writer.at === 'committed') {
    act('is acknowledged', (next, own) => {
      const { database } = next
      acknowledge(database, database.contents.find((content) => (content & own.own) === own.own) ?? 0)
      own.at = ended(own.base)
    })
    return
  }
  if (writer.at === 'releasing') {
    act('removes its intent', (next, own) => {
      if (next.cache.key?.token === own.token || !rules.releasesOwnIntent) next.cache.key = null
      own.at = 'done'
    })
    return
  }
  act('publishes', (next, own) => {
    const { cache } = next
    if (own.base !== null && (cache.key?.token === own.token || !rules.publishesOnOwnIntent)) {
      const { content, version } = own.base
      const isStamped = rules.stampsAtIntent && own.base.generation !== unknownGeneration
      const { generation, incarnation } = isStamped ? own.base : stampNow(next)
      putKey(cache, 'value', {
        content: content | own.own,
        version: version + dealsIn(own.own),
        generation,
        incarnation,
      })
    }
    own.at = 'done'
  })
  if (world.faults.lost > 0) {
    act('never gets round to publishing', (next, own) => {
      next.faults.lost -= 1
      own.at = 'done'
    })
  }
}

function untoldSteps(world: World, writer: Writer, self: number, { rules, scenario }: Setting, act: Act): void {
  const { database } = world
  if (writer.at === 'open' && !rules.checksNoteUnderLock) {
    act(database.isNoted ? 'sees the note and is refused' : 'sees no note', (next, own) => {
      own.at = next.database.isNoted ? 'done' : 'checked'
    })
    return
  }
  if (writer.at !== 'open' && writer.at !== 'checked') return
  if (database.rowLock !== 0) return
  const isChecked = writer.at === 'checked'
  if (isChecked || writer.own !== 0) {
    act('locks the account and saves, knowing of no cache', (next, own) => {
      next.database.rowLock = self
      own.own = changeBit(scenario, 'writer', self - 1)
      own.at = 'ready'
    })
    return
  }
  act('locks the account and looks for the note', (next, own) => {
    if (next.database.isNoted) own.at = 'done'
    else {
      next.database.rowLock = self
      own.own = changeBit(scenario, 'writer', self - 1)
      own.at = 'ready'
    }
  })
}

function ended(base: Base | null): Writer['at'] {
  return base === null ? 'done' : 'publishing'
}

/** How a writer would stamp that goes by the guard as it is when it publishes. */
function stampNow({ cache, database }: World): { readonly generation: number; readonly incarnation: number } {
  const guard = nearGuard(cache)
  const generation = guard?.kind === 'value' ? guard.generation : database.generation
  return { generation, incarnation: cache.incarnation }
}

function dealsIn(own: number): number {
  let deals = 0
  for (let rest = own; rest !== 0; rest &= rest - 1) deals += 1
  return deals
}
