import { CacheMismatchError } from '../errors.ts'
import type { Change } from '../model/change.ts'
import type { PreparedDeal } from '../model/deal.ts'
import { compareBytes } from '../model/id.ts'
import type {
  AppNames,
  BatchAnswer,
  BatchRequest,
  Loaded,
  NamedHolding,
  Names,
  Session,
  Settlement,
  Writes,
} from '../storage/contract.ts'
import type { Announcing } from '../storage/cached-contract.ts'
import { crossingSerials } from './crossing-serials.ts'
import { settle } from './settle.ts'

/**
 * Settles a batch inside an open transaction: lock, settle, save. Commits nothing.
 *
 * @param commit the row for `stockpile_commit` to be saved along; null where the transaction has it already
 * @param cache whom to tell of the writes, and whether to announce them at once; null where there is no cache
 * @returns a settlement for each deal, null for those left out because somebody else has an account of theirs, and whether anything was saved
 * @throws what `Session` says, CacheMismatchError, CacheUnavailableError; the transaction is then to be rolled back, at least to where it was
 *   before
 */
export async function settleIn(
  session: Session,
  { deals, now, wait }: Omit<BatchRequest, 'id'>,
  commit: { id: string; time: number } | null,
  cache: { announcing: Announcing; isLast: boolean } | null = null,
): Promise<BatchAnswer & { isSaved: boolean }> {
  const names = namesOf(deals)
  let loaded = await session.load(names, wait)
  // Read after the accounts were locked: what the cache gets to know later, it learns after this transaction.
  const note = cache?.announcing.note ?? null
  if (loaded.cache !== note) throw new CacheMismatchError({ noted: loaded.cache, own: note })
  const crossing = crossingSerials(deals, names, loaded)
  if (crossing.apps.length > 0) {
    const { serials } = await session.load(crossing, wait)
    loaded = { ...loaded, serials: [...loaded.serials, ...serials] }
  }
  const isFree = freeDeals(deals, loaded.skipped)
  const { settlements: settled, writes } = settle(
    loaded,
    deals.filter((_deal, index) => isFree[index]),
    now,
  )
  const isSaved = writes.apps.length > 0 || writes.receipts.length > 0
  if (isSaved) await save(session, { ...writes, commit }, cache)
  let next = 0
  const settlements = isFree.map((isOne): Settlement | null => (isOne ? settled[next++]! : null))
  return { settlements, isSaved }
}

/**
 * Settles a batch in a transaction of its own, from BEGIN to the certain outcome of COMMIT.
 *
 * @param begin opens the transaction
 * @param announcing whom to tell of the writes; null where there is no cache
 * @throws what `Session` says, CacheMismatchError, CacheUnavailableError; the transaction was rolled back
 */
export async function settleAlone(
  begin: () => Promise<Session>,
  request: BatchRequest,
  announcing: Announcing | null = null,
): Promise<BatchAnswer> {
  const session = await begin()
  let answer
  try {
    const cache = announcing === null ? null : { announcing, isLast: true }
    answer = await settleIn(session, request, { id: request.id, time: request.now }, cache)
  } catch (error) {
    announcing?.withdraw()
    await session.rollback()
    throw error
  }
  if (!answer.isSaved) await session.rollback()
  else {
    try {
      const dealIds = request.deals.map((deal) => deal.id)
      await session.commit(request.id, dealIds)
    } catch (error) {
      announcing?.withdraw()
      throw error
    }
    announcing?.committed()
  }
  return { settlements: answer.settlements }
}

/** Saves, and tells the cache of it: meanwhile, or before it where that takes no time, so that what is saved may travel with COMMIT. */
async function save(
  session: Session,
  writes: Writes,
  cache: { announcing: Announcing; isLast: boolean } | null,
): Promise<void> {
  cache?.announcing.add(writes)
  if (cache?.isLast !== true) return session.save(writes)
  if (cache.announcing.isAtOnce) {
    const missing = await cache.announcing.announce()
    await session.save(writes)
    if (missing.length > 0) await session.noteChanges(missing)
    return
  }
  const [saved, announced] = await Promise.allSettled([session.save(writes), cache.announcing.announce()])
  if (saved.status === 'rejected') throw saved.reason
  if (announced.status === 'rejected') throw announced.reason
  if (announced.value.length > 0) await session.noteChanges(announced.value)
}

/** What deals name, each thing once, in the one global order in which it is locked. */
function namesOf(deals: readonly PreparedDeal[]): Names {
  const apps = new Map<string, Gathered>()
  const keys = new Set<string>()
  for (const { changes, key } of deals) {
    if (key !== null) keys.add(key)
    for (const change of changes) {
      gather(apps, change.app, change.user, change)
      if (change.party !== null) gather(apps, change.party.app, change.party.user, change)
    }
  }
  const sorted = [...apps].map(([app, { users, holdings, serials }]): AppNames => ({
    app,
    users: [...users].sort(compareBytes),
    holdings: [...holdings.values()].sort(
      (left, right) => compareBytes(left.user, right.user) || compareBytes(left.item, right.item),
    ),
    serials: [...serials].sort((left, right) => (left < right ? -1 : 1)),
  }))
  return { apps: sorted.sort((left, right) => compareBytes(left.app, right.app)), keys: [...keys].sort(compareBytes) }
}

interface Gathered {
  readonly users: Set<string>
  readonly holdings: Map<string, NamedHolding>
  readonly serials: Set<bigint>
}

/** Notes what a change names of one of its accounts. */
function gather(apps: Map<string, Gathered>, app: string, user: string, { item, kind, verb, serials }: Change): void {
  let names = apps.get(app)
  if (names === undefined) apps.set(app, (names = { users: new Set(), holdings: new Map(), serials: new Set() }))
  names.users.add(user)
  const name = `${user}\n${item}`
  const hasSerials = kind !== 'tally' || names.holdings.get(name)?.hasSerials === true
  names.holdings.set(name, { user, item, hasSerials })
  if (serials !== null && (verb === 'add' || verb === 'set'))
    for (const { serial } of serials) names.serials.add(serial)
}

/** The accounts that changes name, as keys; with repetition. */
export function accountsOf(changes: readonly Change[]): string[] {
  return changes.flatMap(({ app, user, party }) =>
    party === null ? [`${app} ${user}`] : [`${app} ${user}`, `${party.app} ${party.user}`],
  )
}

/** Which deals can be settled: none of their accounts is skipped, nor named by an earlier deal that waits, so that first come is first served. */
function freeDeals(deals: readonly PreparedDeal[], skipped: Loaded['skipped']): boolean[] {
  if (skipped.length === 0) return deals.map(() => true)
  const busy = new Set(skipped.map(({ app, user }) => `${app} ${user}`))
  return deals.map(({ changes }) => {
    const names = accountsOf(changes)
    if (!names.some((name) => busy.has(name))) return true
    for (const name of names) busy.add(name)
    return false
  })
}
