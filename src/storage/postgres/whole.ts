import type { AccountName, HoldingRow, SerialRow } from '../contract.ts'
import type { WholeAnswer } from '../cached-contract.ts'
import {
  forgetfully,
  generationOf,
  readGenerations,
  readWhole,
  shareAccounts,
  shareGenerations,
} from './cached-statements.ts'
import type { Connection } from './connection.ts'
import type { Answer } from './round.ts'
import { toHoldingRow, toSerialRow } from './rows.ts'
import type { Call } from './statement.ts'
import { bounds, settings } from './statements.ts'

/** A question, with the place of its answer. */
interface Numbered extends AccountName {
  readonly number: number
}

/** An answer while its rows come in. */
interface Gathered extends WholeAnswer {
  version: bigint
  isUnlocked: boolean
  readonly holdings: HoldingRow[]
  readonly serials: SerialRow[]
}

/**
 * Reads whole accounts, and whether their rows and those of their apps' generations were seen unlocked, in one round trip: one statement
 * for all generations and one for each app's accounts, after it. Where a lock can't be told from a trace that an earlier one has left, a
 * second round trip locks the rows for reading, without waiting, lets go of them, and reads again.
 *
 * @param lockWaitMs how long a statement waits for a table that is being altered
 * @returns an answer for each account, in order
 */
export async function fetchWhole(
  connection: Connection,
  accounts: readonly AccountName[],
  lockWaitMs: number,
): Promise<WholeAnswer[]> {
  const asked = accounts.map(({ app, user }, number): Numbered => ({ app, user, number }))
  const calls = readCalls(asked)
  if (calls.length === 0) return []
  const first = toAnswers(asked, (await connection.run([settings(lockWaitMs), ...calls])).slice(1))
  const unsure = asked.filter(({ number }) => isUnsure(first[number]!))
  if (unsure.length === 0) return first
  const busyApps = [...groups(unsure.filter(({ number }) => !first[number]!.isGenerationUnlocked)).keys()]
  const busy = unsure.filter(({ number }) => !first[number]!.isUnlocked && first[number]!.version > 0n)
  const shares = [
    ...(busyApps.length === 0 ? [] : [shareGenerations(busyApps)]),
    ...[...groups(busy)].map(([app, of]) => shareAccounts(app, [...new Set(of.map(({ user }) => user))])),
  ]
  const before = [bounds.begin, settings(lockWaitMs), forgetfully]
  const probe = [...before, ...shares, bounds.commit, settings(lockWaitMs), ...readCalls(unsure)]
  const answers = await connection.run(probe).catch(async (error: unknown) => {
    await connection.run([bounds.rollback]).catch(() => undefined)
    throw error
  })
  const shared = answers.slice(before.length, before.length + shares.length)
  const freeNames = new Set(busyApps.length === 0 ? [] : shared.shift()!.rows.map(([name]) => name))
  const freeUsers = new Map(
    [...groups(busy).keys()].map((app, index) => [app, new Set(shared[index]!.rows.map(([user]) => user))]),
  )
  const second = toAnswers(unsure, answers.slice(before.length + shares.length + 2))
  return asked.map(({ app, user, number }) => {
    const [one, other] = [first[number]!, second[number]]
    if (other === undefined) return one
    // What was seen unlocked before, was so before this answer's moment too.
    return {
      ...other,
      isUnlocked: other.isUnlocked || one.isUnlocked || freeUsers.get(app)?.has(user) === true,
      isGenerationUnlocked: other.isGenerationUnlocked || one.isGenerationUnlocked || freeNames.has(generationOf(app)),
    }
  })
}

/** Whether another look could tell that it may be kept. */
function isUnsure({ version, isUnlocked, isGenerationUnlocked }: WholeAnswer): boolean {
  return version > 0n && !(isUnlocked && isGenerationUnlocked)
}

/** The generations before the accounts: a value that is said to belong to a later one than it does would outlive a change. */
function readCalls(asked: readonly Numbered[]): Call[] {
  const byApp = groups(asked)
  if (byApp.size === 0) return []
  return [readGenerations([...byApp.keys()]), ...[...byApp].map(([app, of]) => readWhole(app, of))]
}

/** The answers to `readCalls`, by number. */
function toAnswers(asked: readonly Numbered[], [generations, ...wholes]: readonly Answer[]): Gathered[] {
  const found = new Map((generations?.rows ?? []).map(([name, value, isFree]) => [name, { value, isFree }]))
  const answers: Gathered[] = []
  for (const { app, number } of asked) {
    const generation = found.get(generationOf(app))
    answers[number] = {
      version: 0n,
      isUnlocked: false,
      generation: BigInt(generation?.value ?? 0),
      isGenerationUnlocked: generation?.isFree === 't',
      holdings: [],
      serials: [],
    }
  }
  const accounts = new Map(asked.map((account) => [account.number, account]))
  for (const { rows } of wholes)
    for (const row of rows) gather(answers[Number(row[0])]!, accounts.get(Number(row[0]))!, row)
  return answers
}

function gather(answer: Gathered, { app, user }: AccountName, row: Answer['rows'][number]): void {
  const [, version, isFree, item, quantity, serials, position, serial, properties] = row
  answer.version = BigInt(version ?? 0)
  answer.isUnlocked = isFree === 't'
  if (typeof item !== 'string') return
  // A holding with serials comes once for each of them, in a row.
  if (answer.holdings.at(-1)?.item !== item) {
    answer.holdings.push(toHoldingRow(app, [user, item, quantity ?? null, serials ?? null, position ?? null]))
  }
  if (typeof serial === 'string') answer.serials.push(toSerialRow(app, [user, item, serial, properties ?? null]))
}

function groups(asked: readonly Numbered[]): Map<string, Numbered[]> {
  return Map.groupBy(asked, ({ app }) => app)
}
