import type { AccountName, HoldingAnswer } from '../../src/storage/contract.ts'
import { stateOf, type Commit } from './database.ts'

/** An answer that breaks a promise. */
export class Violation extends Error {}

/**
 * Judges answers. No read may answer an older version than the highest that was acknowledged, or answered to anybody, before it began; nor
 * a state that was never committed. What was changed past the cache counts only from when the relay has taken it off its list.
 */
export class Checker {
  readonly #states = new Map<string, Map<bigint, string>>()
  readonly #listed = new Map<string, Set<bigint>>()
  readonly #floors = new Map<string, bigint>()

  committed({ version, state, isListed, ...account }: Commit): void {
    statesOf(this.#states, account).set(version, state)
    if (!isListed) return
    const name = nameOf(account)
    this.#listed.set(name, (this.#listed.get(name) ?? new Set()).add(version))
  }

  /** The relay has seen to a change. */
  relayed({ version, ...account }: AccountName & { readonly version: bigint }): void {
    this.#listed.get(nameOf(account))?.delete(version)
    this.#raise(account, version)
  }

  /** What a read that begins now may not go below. */
  floor(account: AccountName): bigint {
    return this.#floors.get(nameOf(account)) ?? 0n
  }

  acknowledged(account: AccountName, version: bigint): void {
    // Of several deals that were committed together, only what the last of them left was ever there.
    const committed = [...statesOf(this.#states, account).keys()].find((known) => known >= version)
    if (committed === undefined)
      throw new Violation(`lost: version ${version} of ${nameOf(account)} was acknowledged and never committed`)
    this.#raise(account, committed)
  }

  /**
   * Takes in an answer.
   *
   * @param items what was asked for; null for all
   * @throws Violation
   */
  answered(account: AccountName, floor: bigint, answer: HoldingAnswer, items: readonly string[] | null): void {
    const { version } = answer
    const what = `${nameOf(account)} was answered at version ${version}`
    if (version < floor) throw new Violation(`stale: ${what}, where ${floor} was known before`)
    const state = version === 0n ? '' : statesOf(this.#states, account).get(version)
    if (state === undefined) throw new Violation(`dirty: ${what}, which was never committed`)
    const lines = state.split('\n').filter((line) => items === null || items.includes(line.split(' ')[0]!))
    if (stateOf(answer) !== lines.join('\n'))
      throw new Violation(`torn: ${what} as\n${stateOf(answer)}\nand that was\n${lines.join('\n')}`)
    this.#raise(account, version)
  }

  #raise(account: AccountName, version: bigint): void {
    const name = nameOf(account)
    const isKept = (known: bigint): boolean => known <= version && this.#listed.get(name)?.has(known) !== true
    for (const known of statesOf(this.#states, account).keys()) {
      if (isKept(known) && known > this.floor(account)) this.#floors.set(name, known)
    }
  }
}

function nameOf({ app, user }: AccountName): string {
  return `${app} ${user}`
}

function statesOf(states: Map<string, Map<bigint, string>>, account: AccountName): Map<bigint, string> {
  const name = nameOf(account)
  let found = states.get(name)
  if (found === undefined) states.set(name, (found = new Map()))
  return found
}
