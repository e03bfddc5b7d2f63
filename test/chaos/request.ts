import type { Random } from './random.ts'

/** One change of a request, as JSON can carry it. */
export interface RequestChange {
  readonly verb: 'add' | 'subtract' | 'set'
  readonly user: string
  readonly item: string
  readonly amount: number
  /** A version in decimal digits. */
  readonly ifVersion?: string
}

/** A step of a transaction. `increment` reads under a lock and sets what it read plus an amount. */
export type Step =
  | { readonly kind: 'deal'; readonly changes: readonly RequestChange[] }
  | { readonly kind: 'increment'; readonly user: string; readonly item: string; readonly amount: number }
  | { readonly kind: 'nested'; readonly steps: readonly Step[]; readonly isUndone: boolean }

/** What a client asks for. */
export type Request =
  | { readonly kind: 'deal'; readonly changes: readonly RequestChange[]; readonly key: string | null }
  | { readonly kind: 'read'; readonly user: string }
  | { readonly kind: 'transaction'; readonly steps: readonly Step[]; readonly isUndone: boolean }

/** Few accounts and few items, so that everybody meets everybody. */
export const users: readonly string[] = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay']
const items: readonly string[] = ['gold', 'iron', 'salt']

/** What a client remembers, so that it can ask for what depends on what was. */
export interface Memory {
  /** The last version seen of each user. */
  readonly versions: Map<string, string>
  /** Keys that it has used, each with its operation. */
  readonly keys: readonly string[]
}

/**
 * A random request.
 *
 * @param key the idempotency key to use where one is to be used
 */
export function randomRequest(random: Random, memory: Memory, key: string): Request {
  const dice = random.next()
  if (dice < 0.15) return { kind: 'read', user: random.pick(users) }
  if (dice < 0.27) return randomTransaction(random)
  return { kind: 'deal', changes: randomChanges(random, memory), key: randomKey(random, memory, key) }
}

function randomKey(random: Random, { keys }: Memory, key: string): string | null {
  if (random.chance(0.4)) return null
  // Somebody's mistake: another request under a key that was used before.
  return keys.length > 0 && random.chance(0.05) ? random.pick(keys) : key
}

function randomChanges(random: Random, memory: Memory): RequestChange[] {
  if (random.chance(0.3)) return transfer(random)
  const changes = Array.from({ length: random.chance(0.7) ? 1 : random.upTo(4) }, () => randomChange(random))
  const version = memory.versions.get(changes[0]?.user ?? '')
  if (version === undefined || !random.chance(0.2)) return changes
  return changes.map((change, index) => (index === 0 ? { ...change, ifVersion: version } : change))
}

function randomChange(random: Random): RequestChange {
  const verb = random.chance(0.1) ? 'set' : random.chance(0.5) ? 'add' : 'subtract'
  // Sometimes nothing is what is asked for, and sometimes more than anybody has.
  const amount = verb === 'set' ? random.below(20) : random.chance(0.1) ? random.upTo(200) : random.upTo(10)
  return { verb, user: random.pick(users), item: random.pick(items), amount }
}

function transfer(random: Random): RequestChange[] {
  const [item, amount] = [random.pick(items), random.upTo(10)]
  const from = random.pick(users)
  const to = random.pick(users.filter((user) => user !== from))
  return [
    { verb: 'subtract', user: from, item, amount },
    { verb: 'add', user: to, item, amount },
  ]
}

function randomTransaction(random: Random): Request {
  const steps = Array.from({ length: random.upTo(3) }, () => randomStep(random, 0))
  return { kind: 'transaction', steps, isUndone: random.chance(0.15) }
}

function randomStep(random: Random, level: number): Step {
  if (level === 0 && random.chance(0.2)) {
    const steps = Array.from({ length: random.upTo(2) }, () => randomStep(random, 1))
    return { kind: 'nested', steps, isUndone: random.chance(0.5) }
  }
  if (random.chance(0.25)) {
    return { kind: 'increment', user: random.pick(users), item: random.pick(items), amount: random.upTo(5) }
  }
  return { kind: 'deal', changes: random.chance(0.3) ? transfer(random) : [randomChange(random)] }
}
