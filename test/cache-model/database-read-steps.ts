import { answer, committedContent } from './promises.ts'
import type { ReaderAct } from './reader-steps.ts'
import type { Setting } from './step.ts'
import type { Reader, World } from './world.ts'

/** The steps of a reader that has to ask the database: the generation, whether the row is locked, and the data. */
export function databaseSteps(world: World, reader: Reader, setting: Setting, act: ReaderAct): void {
  if (reader.at === 'generation') generationSteps(reader, setting, act)
  if (reader.at === 'generation row') generationRowSteps(setting, act)
  if (reader.at === 'row') rowSteps(world, reader, setting, act)
  if (reader.at === 'data') readSteps(setting, act)
  if (reader.at === 'row after') rowAfterSteps(setting, act)
}

function rowSteps(world: World, reader: Reader, setting: Setting, act: ReaderAct): void {
  const { rules } = setting
  // Who holds no token will not fill, and needs no probe.
  const mayFill = reader.token !== 0 || !rules.leasesFirst || !rules.fillsOnToken
  if (!rules.probesRow || isSeenAfter(setting) || !mayFill) {
    readSteps(setting, act)
    return
  }
  act(world.database.rowLock === 0 ? 'sees the account unlocked' : 'sees the account locked', (next, own) => {
    if (next.database.rowLock !== 0) {
      own.token = 0
      own.isRefused = rules.leasesFirst && rules.fillsOnToken ? 0 : 1
    }
    own.at = 'data'
  })
}

/** Whether the lock is looked at after the data was read. */
function isSeenAfter({ rules, scenario }: Setting): boolean {
  return scenario.probe === 'read-with-xmax' || !rules.probesFirst
}

function generationSteps(reader: Reader, { rules, scenario }: Setting, act: ReaderAct): void {
  const isProbed = reader.guardToken !== 0 && reader.isGuardRead === 0 && rules.probesGeneration
  if (isProbed && scenario.probe === 'probe-then-read') {
    act('probes the generation', (next, own) => {
      if (next.database.generationLock !== 0) own.guardToken = 0
      own.isGuardRead = 0
      own.at = 'generation row'
    })
    return
  }
  act('reads the generation', (next, own) => {
    own.generation = next.database.generation
    if (isProbed) own.at = 'generation row'
    else {
      if (own.guardToken !== 0) own.isGuardRead = 1
      own.at = afterGeneration(rules.stampsFirst)
    }
  })
}

function generationRowSteps({ rules, scenario }: Setting, act: ReaderAct): void {
  const isProbed = scenario.probe === 'probe-then-read'
  act(isProbed ? 'reads the generation, having probed it' : 'looks at the xmax of the generation', (next, own) => {
    const { generation, generationLock } = next.database
    if (isProbed) own.generation = generation
    else if (generationLock !== 0 || generation !== own.generation) own.guardToken = 0
    if (own.guardToken !== 0) own.isGuardRead = 1
    own.at = afterGeneration(rules.stampsFirst)
  })
}

function afterGeneration(stampsFirst: boolean): Reader['at'] {
  return stampsFirst ? 'row' : 'fill'
}

function readSteps(setting: Setting, act: ReaderAct): void {
  const { rules, scenario } = setting
  act('reads the data and answers', (next, own) => {
    const { database } = next
    const content = committedContent(database)
    const isThere = !scenario.isNew || database.contents.length > 1
    if (!isThere) own.token = 0
    own.value = { content, version: database.version, generation: 0, incarnation: 0 }
    if (rules.probesRow && isSeenAfter(setting) && own.token !== 0) own.at = 'row after'
    else own.at = rules.stampsFirst ? 'fill' : 'generation'
    return answer(next, own, content)
  })
}

function rowAfterSteps({ rules }: Setting, act: ReaderAct): void {
  act(rules.probesFirst ? 'looks at the xmax of the account' : 'probes the account too late', (next, own) => {
    const { rowLock } = next.database
    const isNewer = rules.probesFirst && committedContent(next.database) !== own.value?.content
    if (rowLock !== 0 || isNewer) own.token = 0
    own.at = rules.stampsFirst ? 'fill' : 'generation'
  })
}
