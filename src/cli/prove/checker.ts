import type { ReadFact, WriteFact } from './messages.ts'
import type { Reading } from './subject.ts'

/** What can be wrong with an answer. */
export const violationKinds = {
  stale: 'older than a write that was acknowledged before the read began',
  backward: 'older than what somebody had been answered before the read began',
  dirty: 'a state that was never committed',
  torn: 'parts of two states at once',
  late: 'older than a change by hand, long after it',
  drift: 'in the end, when all was quiet, something else than the database had',
  lost: 'a write that was acknowledged and is not in the history',
} as const

/** One of them. */
export type ViolationKind = keyof typeof violationKinds

/** How many there were of each kind, and the first few in words. */
export interface Verdict {
  readonly violations: Readonly<Record<ViolationKind, number>>
  readonly examples: readonly string[]
  /** How long after a change by hand somebody was still answered the state before, in milliseconds; 0 where nobody was. */
  readonly lateMs: number
}

/** By version: the mark of the account's state; null for a state that only its own transaction may have seen. */
export type States = ReadonlyMap<number, number | null>

const examplesMax = 20

/**
 * Judges what readers were answered. Each account is a register with versions: no read may answer an older version than the highest that
 * was acknowledged, or answered to anybody, before it began.
 */
export class Checker {
  readonly #reads = new Map<string, number[]>()
  readonly #writes = new Map<string, number[]>()
  readonly #seen = new Map<string, Map<string, number>>()
  readonly #violations: Record<ViolationKind, number> = {
    stale: 0,
    backward: 0,
    dirty: 0,
    torn: 0,
    late: 0,
    drift: 0,
    lost: 0,
  }
  readonly #examples: string[] = []

  /** Takes in a read that was answered. */
  read([account, from, to, version, left, right]: ReadFact): void {
    listOf(this.#reads, account).push(from, to, version)
    if (left !== right)
      this.#note('torn', `${account} at version ${version} was answered with marks ${left} and ${right}`)
    const seen = this.#seen.get(account) ?? new Map<string, number>()
    this.#seen.set(account, seen)
    const state = `${version} ${left}`
    seen.set(state, (seen.get(state) ?? 0) + 1)
  }

  /** Takes in a write that was acknowledged. */
  write([account, to, mark]: WriteFact): void {
    listOf(this.#writes, account).push(to, mark)
  }

  /** Compares an account's cached state with what the database had before and after it was read. */
  compare(account: string, cached: Reading, before: Reading, after: Reading): void {
    const isBetween = cached.version >= before.version && cached.version <= after.version
    const isSame = cached.version !== after.version || cached.left === after.left
    if (isBetween && isSame) return
    this.#note('drift', `${account} is cached as ${textOf(cached)}, and the database has ${textOf(after)}`)
  }

  /** Judges an account by the states that it went through. */
  judge(account: string, states: States): void {
    this.#judgeStates(account, states)
    const versions = new Map([...states].map(([version, mark]) => [mark, version]))
    const reads = this.#reads.get(account) ?? []
    const acknowledged: (readonly [number, number])[] = []
    const writes = this.#writes.get(account) ?? []
    for (let at = 0; at < writes.length; at += 2) {
      const version = versions.get(writes[at + 1]!)
      if (version === undefined) this.#note('lost', `${account}: mark ${writes[at + 1]} was acknowledged`)
      else acknowledged.push([writes[at]!, version])
    }
    const answered: (readonly [number, number])[] = []
    const order: number[] = []
    for (let at = 0; at < reads.length; at += 3) {
      answered.push([reads[at + 1]!, reads[at + 2]!])
      order.push(at)
    }
    order.sort((one, other) => reads[one]! - reads[other]!)
    const floors = [new Floor(acknowledged), new Floor(answered)] as const
    for (const at of order) {
      const [from, to, version] = [reads[at]!, reads[at + 1]!, reads[at + 2]!]
      const [least, known] = floors.map((floor) => floor.before(from)) as [number, number]
      if (version >= least && version >= known) continue
      const what = `${account} was answered with version ${version} in a read from ${from} to ${to} µs`
      if (version < least) this.#note('stale', `${what}, after ${least} had been acknowledged`)
      else this.#note('backward', `${what}, after ${known} had been answered`)
    }
  }

  /**
   * Judges an account that is changed by hand, which the cache hears of a little later.
   *
   * @param lateMsMax how much later at most
   * @returns how long after a change somebody was still answered the state before, in milliseconds
   */
  judgeByHand(account: string, states: States, lateMsMax: number): number {
    this.#judgeStates(account, states)
    const versions = new Map([...states].map(([version, mark]) => [mark, version]))
    const writes = this.#writes.get(account) ?? []
    const changes: (readonly [number, number])[] = []
    for (let at = 0; at < writes.length; at += 2) {
      const version = versions.get(writes[at + 1]!)
      if (version !== undefined) changes.push([writes[at]!, version])
    }
    let late = 0
    const reads = this.#reads.get(account) ?? []
    for (let at = 0; at < reads.length; at += 3) {
      const missed = changes.find(([, version]) => version > reads[at + 2]!)
      if (missed === undefined) continue
      const lateMs = (reads[at]! - missed[0]) / 1000
      if (lateMs > lateMsMax)
        this.#note('late', `${account} was answered with version ${reads[at + 2]}, ${lateMs} ms after ${missed[1]}`)
      late = Math.max(late, lateMs)
    }
    return late
  }

  /** What was found so far. */
  get verdict(): Omit<Verdict, 'lateMs'> {
    return { violations: { ...this.#violations }, examples: [...this.#examples] }
  }

  /** How long reads took, ascending, in microseconds. */
  durations(): Float64Array {
    const durations: number[] = []
    for (const reads of this.#reads.values()) {
      for (let at = 0; at < reads.length; at += 3) durations.push(reads[at + 1]! - reads[at]!)
    }
    return Float64Array.from(durations).sort()
  }

  #judgeStates(account: string, states: States): void {
    for (const [state, count] of this.#seen.get(account) ?? []) {
      const [version, mark] = state.split(' ').map(Number) as [number, number]
      if (states.get(version) === mark) continue
      const committed = states.get(version) ?? 'nothing that others may see'
      const what = `${account} was answered ${count} times with version ${version} and mark ${mark}`
      this.#note('dirty', `${what}, where the history has ${committed}`, count)
    }
  }

  #note(kind: ViolationKind, what: string, count = 1): void {
    this.#violations[kind] += count
    if (this.#examples.length < examplesMax) this.#examples.push(`${kind}: ${what}`)
  }
}

/** The highest version of facts that were known before a moment; asked for later and later moments. */
class Floor {
  readonly #facts: readonly (readonly [time: number, version: number])[]
  #next = 0
  #highest = 0

  constructor(facts: readonly (readonly [time: number, version: number])[]) {
    this.#facts = facts.toSorted(([one], [other]) => one - other)
  }

  before(time: number): number {
    for (; this.#next < this.#facts.length && this.#facts[this.#next]![0] < time; this.#next += 1) {
      this.#highest = Math.max(this.#highest, this.#facts[this.#next]![1])
    }
    return this.#highest
  }
}

function listOf(lists: Map<string, number[]>, account: string): number[] {
  const found = lists.get(account)
  if (found !== undefined) return found
  const made: number[] = []
  lists.set(account, made)
  return made
}

function textOf({ version, left, right }: Reading): string {
  return `version ${version} with marks ${left} and ${right}`
}
