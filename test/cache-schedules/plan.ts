import fc from 'fast-check'
import type { CacheOptions } from '../../src/cache/contract.ts'
import type { Death } from './life.ts'
import type { Nack } from './named-cache.ts'

/** What a client of a process does, one after the other. */
export type Operation =
  | {
      readonly does: 'read'
      readonly users: readonly string[]
      readonly item: string | null
      readonly isRefresh: boolean
    }
  | { readonly does: 'write'; readonly users: readonly string[]; readonly kind: 'tally' | 'serial' }
  | { readonly does: 'refused'; readonly users: readonly string[] }
  | {
      readonly does: 'transaction' | 'join'
      readonly users: readonly string[]
      readonly parts: readonly Part[]
      readonly isUndone: boolean
    }
  | { readonly does: 'bulk' | 'edit'; readonly users: readonly string[] }
  | { readonly does: 'relay' }

/** A part of a transaction: a savepoint has a write in it. */
export type Part = 'write' | 'read' | 'savepoint' | 'undone savepoint'

/** What happens to everybody: so many steps after the last such thing. */
export interface Weather {
  readonly after: number
  readonly does: 'evict' | 'restart' | 'tick'
  readonly which: number
}

/** One process. */
export interface ProcessPlan {
  readonly clients: readonly (readonly Operation[])[]
  readonly death: Death | null
  readonly nacks: readonly (Nack | null)[]
}

/** What is to happen, but for the order of the steps. */
export interface Plan {
  /** Whether the accounts are there and cached at the beginning, or only there, or not even that. */
  readonly start: 'cached' | 'there' | 'empty'
  readonly options: CacheOptions
  readonly processes: readonly ProcessPlan[]
  readonly weather: readonly Weather[]
  /** Whether also those steps count that never change the order of effects. */
  readonly hasSparePoints: boolean
}

/** Which operations a plan is made of. */
export type Kinds = Partial<Record<Operation['does'], number>>

/** How long readers wait for another's fill, where they do. */
export const waitMs = 100

const users = fc.constantFrom(['1'], ['1'], ['1'], ['2'], ['1', '2'])
const weather = fc.record<Weather>({
  after: fc.nat(12),
  does: fc.constantFrom('evict', 'evict', 'evict', 'restart', 'tick'),
  which: fc.nat(5),
})
const nacks = fc.array(fc.constantFrom<Nack | null>(null, null, 'lost', 'unanswered'), { maxLength: 3 })
const death = fc.option(fc.record({ at: fc.nat(14), arrives: fc.boolean() }), { freq: 3 })

const operations: { readonly [Does in Operation['does']]: fc.Arbitrary<Operation> } = {
  read: fc.record({
    does: fc.constant('read'),
    users,
    item: fc.constantFrom(null, null, 'left', 'sword'),
    isRefresh: fc.constantFrom(false, false, false, false, true),
  }),
  write: fc.record({ does: fc.constant('write'), users, kind: fc.constantFrom('tally', 'tally', 'serial') }),
  refused: fc.record({ does: fc.constant('refused'), users }),
  transaction: transactionOf('transaction'),
  join: transactionOf('join'),
  bulk: fc.record({ does: fc.constant('bulk'), users }),
  edit: fc.record({ does: fc.constant('edit'), users }),
  relay: fc.constant({ does: 'relay' }),
}

const usual: Kinds = { read: 8, write: 5, refused: 1, transaction: 2, join: 1, bulk: 1, edit: 1, relay: 1 }

/** How often each operation comes, and what goes wrong, if anything. */
export interface PlanSettings {
  /** Whether there is one account, one operation for each process, and nothing goes wrong but evictions: for what takes many steps in one order. */
  readonly isSmall?: boolean
  /** Whether a small plan is for the clients of one process. */
  readonly isOneProcess?: boolean
  readonly kinds?: Kinds
  readonly hasFaults?: boolean
  readonly starts?: readonly Plan['start'][]
  readonly options?: CacheOptions
}

/** Plans of two or three processes. */
export function plans(settings: PlanSettings = {}): fc.Arbitrary<Plan> {
  const { kinds = usual, hasFaults = true, starts, options, isSmall = false, isOneProcess = false } = settings
  if (isSmall) return smallPlans(kinds, starts ?? ['cached'], isOneProcess)
  const operation = fc.oneof(
    ...Object.entries(kinds).map(([does, weight]) => ({ weight, arbitrary: operations[does as Operation['does']] })),
  )
  const clients = fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })
  return fc.record<Plan>({
    start: fc.constantFrom(...(starts ?? (['cached', 'cached', 'there', 'empty'] as const))),
    options: options === undefined ? cacheOptions() : fc.constant(options),
    processes: fc.array(
      fc.record({
        clients,
        death: hasFaults ? death : fc.constant(null),
        nacks: hasFaults ? nacks : fc.constant([]),
      }),
      { minLength: 2, maxLength: 3 },
    ),
    weather: hasFaults ? fc.array(weather, { maxLength: 3 }) : fc.constant([]),
    hasSparePoints: fc.boolean(),
  })
}

function smallPlans(kinds: Kinds, starts: readonly Plan['start'][], isOneProcess: boolean): fc.Arbitrary<Plan> {
  // A bulk change is of another account than the first that is read: the guard is what they have in common.
  const second = kinds.bulk === undefined ? '1' : '2'
  const process = (does: Operation['does']): ProcessPlan => {
    const reads = ['1', second].map((user): Operation => ({
      does: 'read',
      users: [user],
      item: null,
      isRefresh: false,
    }))
    const other = { does, users: [second], kind: 'tally' } as Operation
    return { clients: [does === 'read' ? reads : [other]], death: null, nacks: [] }
  }
  const writers = Object.keys(kinds).filter((does) => does !== 'read') as Operation['does'][]
  return fc.record<Plan>({
    start: fc.constantFrom(...starts),
    options: fc.constant({ waitMs: 0 }),
    processes: fc.constant(['read', ...writers, 'read'] as const).map((all) => {
      const processes = all.map((does) => process(does))
      const clients = processes.flatMap((one) => one.clients)
      return isOneProcess ? [{ clients, death: null, nacks: [] }] : processes
    }),
    weather: fc.array(fc.record({ after: fc.nat(8), does: fc.constant('evict'), which: fc.constantFrom(0, 1, 1) }), {
      minLength: 1,
      maxLength: 2,
    }),
    hasSparePoints: fc.constant(false),
  })
}

function cacheOptions(): fc.Arbitrary<CacheOptions> {
  return fc.record({
    waitMs: fc.constantFrom(0, waitMs),
    whenUnreachable: fc.constantFrom('refuse', 'refuse', 'eventual'),
    nearBytesMax: fc.constantFrom(0, 100_000),
    // Two holdings and a serial are more than the smallest value that may be kept only where many writes came together.
    valueBytesMax: fc.constantFrom(1_024, 1_000_000),
  })
}

function transactionOf(does: 'transaction' | 'join'): fc.Arbitrary<Operation> {
  return fc.record({
    does: fc.constant(does),
    users,
    parts: fc.array(fc.constantFrom<Part>('write', 'write', 'read', 'savepoint', 'undone savepoint'), {
      minLength: 1,
      maxLength: 3,
    }),
    isUndone: fc.constantFrom(false, false, true),
  })
}
