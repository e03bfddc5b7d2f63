import { putGuard } from './cache-server.ts'
import { commitContent, committedContent } from './promises.ts'
import { actorNumber, changeBit, type Setting, type Take } from './step.ts'
import type { Bulk, World } from './world.ts'

/** The steps that a bulk change by SQL can take now. */
export function bulkSteps(world: World, index: number, setting: Setting, take: Take): void {
  const bulk = world.bulks[index]
  if (bulk === undefined || bulk.at === 'done') return
  const { rules, scenario } = setting
  const self = actorNumber(scenario, 'bulk', index)
  const act: Act = (what, change) => {
    take(`B${index + 1} ${what}`, (next) =>
      change(next, (next.bulks[index] = { ...bulk, tokens: bulk.tokens.slice() })),
    )
  }
  const intents = !rules.intendsGuard ? 0 : rules.intendsEveryGuard ? scenario.servers : 1
  const isIntended = bulk.servers >= intents
  const { database, faults } = world
  if (bulk.at === 'start' && (rules.intendsGuardUnderLock || isIntended) && database.generationLock === 0) {
    act('locks the generation', (next, own) => {
      next.database.generationLock = self
      own.at = 'locked'
    })
  }
  if (bulk.at === 'locked') changeSteps(world, self, setting, act)
  const mayIntend = bulk.at === (rules.intendsGuardUnderLock ? 'changed' : 'start')
  if (mayIntend && !isIntended) intentSteps(world, bulk, self, setting, act)
  if (bulk.at === 'changed' && isIntended) commitSteps(world, self, index, setting, act)
  if (bulk.at === 'publishing') publishSteps(setting, act)
  if (bulk.at === 'dying') act('is rolled back by the database, being dead', (next, own) => giveUp(next, own, self))
  else if (faults.kill > 0 && bulk.at !== 'start') {
    act('is KILLED', (next, own) => {
      next.faults.kill -= 1
      own.at = next.database.generationLock === self ? 'dying' : 'done'
    })
  }
}

type Act = (what: string, change: (next: World, self: Bulk) => string | void) => void

function changeSteps(world: World, self: number, { scenario }: Setting, act: Act): void {
  const isThere = !scenario.isNew || world.database.contents.length > 1
  if (!isThere) {
    act('changes all accounts, of which this is none yet', (_next, own) => {
      own.at = 'changed'
    })
  }
  if (isThere && world.database.rowLock === 0) {
    act('changes the account by SQL', (next, own) => {
      next.database.rowLock = self
      own.at = 'changed'
    })
  }
}

function intentSteps(world: World, bulk: Bulk, self: number, { rules }: Setting, act: Act): void {
  const which = world.cache.guards.length > 1 ? ` of server ${bulk.servers + 1}` : ''
  act(`puts its intent on the guard${which}`, (next, own) => {
    own.tokens.push(putGuard(next.cache, own.servers, 'intent'))
    own.servers += 1
  })
  if (world.faults.nack === 0) return
  act(`gets no acknowledgement of its intent on the guard${which}`, (next, own) => {
    next.faults.nack -= 1
    if (rules.awaitsAcknowledgement) giveUp(next, own, self)
    else {
      own.tokens.push(0)
      own.servers += 1
    }
  })
}

function commitSteps(world: World, self: number, index: number, { rules, scenario }: Setting, act: Act): void {
  act('COMMITs', (next, own) => {
    const { database } = next
    if (rules.movesGeneration) database.generation += 1
    own.generation = database.generation
    if (database.rowLock === self) {
      commitContent(database, committedContent(database) | changeBit(scenario, 'bulk', index), true)
      if (scenario.bulkMovesVersion) database.version += 1
      database.rowLock = 0
    }
    database.generationLock = 0
    own.at = own.tokens.length === 0 && rules.publishesGuardOnOwnIntent ? 'done' : 'publishing'
    own.servers = 0
  })
  if (world.faults.rollback > 0) {
    act('ROLLs BACK', (next, own) => {
      next.faults.rollback -= 1
      giveUp(next, own, self)
    })
  }
}

function publishSteps({ rules, scenario }: Setting, act: Act): void {
  act('publishes the guard', (next, own) => {
    const guard = next.cache.guards[own.servers]
    if (guard?.token === own.tokens[own.servers] || !rules.publishesGuardOnOwnIntent) {
      putGuard(next.cache, own.servers, 'value', own.generation)
    }
    own.servers += 1
    if (own.servers >= scenario.servers) own.at = 'done'
  })
}

function giveUp(next: World, own: Bulk, self: number): void {
  const { database } = next
  database.generationLock = 0
  if (database.rowLock === self) database.rowLock = 0
  own.at = 'done'
}
