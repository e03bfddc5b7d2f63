import { acknowledge, commitContent, committedContent } from './promises.ts'
import { actorNumber, changeBit, type Setting, type Take } from './step.ts'
import type { Edit, World } from './world.ts'

/** The steps that somebody who edits by hand can take now: SQL that knows of no cache, and triggers that note it for the relay. */
export function editSteps(world: World, index: number, { rules, scenario }: Setting, take: Take): void {
  const edit = world.edits[index]
  if (edit === undefined || edit.at === 'done') return
  const self = actorNumber(scenario, 'edit', index)
  const act = (what: string, change: (next: World, self: Edit) => void): void => {
    take(`E${index + 1} ${what}`, (next) => change(next, (next.edits[index] = { ...edit })))
  }
  if (edit.at === 'start') {
    if (world.database.rowLock !== 0) return
    act('edits by hand, which locks the account', (next, own) => {
      next.database.rowLock = self
      own.at = 'locked'
    })
    return
  }
  act('COMMITs', (next, own) => {
    const { database } = next
    commitContent(database, committedContent(database) | changeBit(scenario, 'edit', index), false)
    database.unrelayed |= 1 << (database.contents.length - 1)
    if (rules.editMovesVersion) database.version += 1
    database.rowLock = 0
    own.at = 'done'
  })
  if (world.faults.rollback > 0) {
    act('ROLLs BACK', (next, own) => {
      next.faults.rollback -= 1
      next.database.rowLock = 0
      own.at = 'done'
    })
  }
}

/** The steps that the relay can take now. */
export function relaySteps(world: World, { rules }: Setting, take: Take): void {
  const { relay, database } = world
  if (relay.at === 'idle') {
    if (database.unrelayed === 0) return
    take('relay takes the changes by hand', (next) => {
      next.relay.at = 'taken'
      next.relay.taken = next.database.unrelayed
      if (!rules.relayForgetsLast) forget(next)
    })
    return
  }
  take('relay removes the key', (next) => {
    const { cache } = next
    if (rules.relayRemovesAll || cache.key?.kind === 'value') cache.key = null
    forget(next)
    next.relay.at = 'idle'
    next.relay.taken = 0
  })
  if (world.faults.kill > 0) {
    take('relay is KILLED', (next) => {
      next.faults.kill -= 1
      next.relay.at = 'idle'
      next.relay.taken = 0
    })
  }
}

/** From now on nobody may be answered with less than these changes. */
function forget({ database, relay }: World): void {
  database.unrelayed &= ~relay.taken
  for (const [place, content] of database.contents.entries()) {
    if ((relay.taken & (1 << place)) !== 0) acknowledge(database, content)
  }
}
