import { compareBytes } from '../model/id.ts'
import type { Change } from '../model/change.ts'
import type { PreparedDeal } from '../model/deal.ts'
import { quantityMax } from '../model/limits.ts'
import type {
  AccountRow,
  AppWrites,
  HistoryRow,
  HoldingRow,
  Loaded,
  ReceiptRow,
  Refusal,
  SettledChange,
  Settlement,
  Writes,
} from '../storage/contract.ts'
import { readReceipt, toReceipt } from './receipts.ts'

/** An account as it stands after the deals settled so far. */
interface Account {
  readonly app: string
  readonly user: string
  readonly isNew: boolean
  readonly versionBefore: bigint
  version: bigint
  changedAt: number
}

/** A holding as it stands after the deals settled so far. */
interface Holding {
  readonly app: string
  readonly user: string
  readonly item: string
  readonly isNew: boolean
  readonly quantityBefore: bigint
  quantity: bigint
  readonly serials: number
  readonly position: bigint | null
}

type Loadable = Pick<Loaded, 'accounts' | 'holdings' | 'receipts'>

/**
 * Decides a list of deals, one after the other, against locked accounts and their holdings. Pure: the same input gives the same answer,
 * and the input stays as it was.
 *
 * A deal happens as a whole or is refused as a whole; a refused one leaves no trace for those after it (I9). Of several faults in one
 * deal the first of this order is reported: the key was used for another request; `ifVersion`, in the order of the changes; then each
 * change in order.
 *
 * @param loaded all accounts, holdings and receipts that the deals name and that exist; what isn't in it doesn't exist
 * @param deals in the order in which they happen
 * @param now milliseconds since 1970; an account's history never goes back before its last change
 * @returns a settlement for each deal, in order, and what has to be written for them
 */
export function settle(
  loaded: Loadable,
  deals: readonly PreparedDeal[],
  now: number,
): { settlements: Settlement[]; writes: Omit<Writes, 'commit'> } {
  const desk = new Desk(loaded, now)
  const settlements = deals.map((deal) => desk.decide(deal))
  return { settlements, writes: desk.writes() }
}

/** The working state of one call of `settle`. */
class Desk {
  readonly #accounts = new Map<string, Account>()
  readonly #holdings = new Map<string, Holding>()
  readonly #receipts = new Map<string, ReceiptRow>()
  readonly #receiptsNew: ReceiptRow[] = []
  readonly #history: HistoryRow[] = []
  readonly #now: number

  constructor(loaded: Loadable, now: number) {
    this.#now = now
    for (const { app, user, version, changedAt } of loaded.accounts) {
      this.#accounts.set(`${app} ${user}`, { app, user, isNew: false, versionBefore: version, version, changedAt })
    }
    for (const row of loaded.holdings) {
      this.#holdings.set(`${row.app} ${row.user}\n${row.item}`, { ...row, isNew: false, quantityBefore: row.quantity })
    }
    for (const receipt of loaded.receipts) this.#receipts.set(receipt.key, receipt)
  }

  decide(deal: PreparedDeal): Settlement {
    if (deal.key === null || deal.hash === null) return this.#settle(deal)
    const known = this.#receipts.get(deal.key)
    if (known !== undefined) return readReceipt(known, deal.hash)
    const settlement = this.#settle(deal)
    const receipt = toReceipt(deal.key, deal.hash, settlement, this.#now)
    this.#receipts.set(deal.key, receipt)
    this.#receiptsNew.push(receipt)
    return settlement
  }

  #settle(deal: PreparedDeal): Settlement {
    const refusal = this.#conflict(deal.changes)
    if (refusal !== null) return { refusal, deal: deal.id, isReplay: false }
    const done: { holding: Holding; change: bigint; quantity: bigint }[] = []
    for (const change of deal.changes) {
      const holding = this.#holding(change)
      const delta = deltaOf(change, holding.quantity)
      const fault = faultOf(change, holding, delta)
      if (fault !== null) {
        // I9: the deal is refused as a whole, so the quantities go back to where they were.
        for (const step of done) step.holding.quantity -= step.change
        return { refusal: fault, deal: deal.id, isReplay: false }
      }
      holding.quantity += delta
      done.push({ holding, change: delta, quantity: holding.quantity })
    }
    return { outcomes: this.#record(deal, done), deal: deal.id, isReplay: false }
  }

  /** The first change, in order, whose account isn't at the version that it asks for. */
  #conflict(changes: readonly Change[]): Refusal | null {
    for (const { app, user, ifVersion } of changes) {
      if (ifVersion === undefined) continue
      const actual = this.#accounts.get(`${app} ${user}`)?.version ?? 0n
      if (actual !== ifVersion) return { code: 'VERSION_CONFLICT', data: { app, user, expected: ifVersion, actual } }
    }
    return null
  }

  /** Moves the versions of the changed accounts by one and writes the history of a deal that happens. */
  #record(
    deal: PreparedDeal,
    done: readonly { holding: Holding; change: bigint; quantity: bigint }[],
  ): SettledChange[] {
    const lines = new Map<Account, number>()
    const accounts = done.map(({ holding, change }) => {
      const account = this.#account(holding.app, holding.user)
      // I8: a version is one deal that changed something, so a change by nothing (set to what it was) is no line and no version.
      if (change !== 0n && !lines.has(account)) {
        lines.set(account, 0)
        account.version += 1n
        account.changedAt = Math.max(this.#now, account.changedAt)
      }
      return account
    })
    return done.map(({ holding: { app, user, item }, change, quantity }, index) => {
      const account = accounts[index]!
      if (change !== 0n) {
        const line = lines.get(account)! + 1
        lines.set(account, line)
        const { version, changedAt: time } = account
        this.#history.push({
          app,
          user,
          item,
          version,
          line,
          change,
          balance: quantity,
          serials: null,
          deal: deal.id,
          data: deal.data,
          time,
        })
      }
      return { app, user, item, change, quantity, version: account.version }
    })
  }

  #account(app: string, user: string): Account {
    const name = `${app} ${user}`
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = { app, user, isNew: true, versionBefore: 0n, version: 0n, changedAt: 0 }
      this.#accounts.set(name, account)
    }
    return account
  }

  #holding({ app, user, item }: Change): Holding {
    const name = `${app} ${user}\n${item}`
    let holding = this.#holdings.get(name)
    if (holding === undefined) {
      holding = { app, user, item, isNew: true, quantityBefore: 0n, quantity: 0n, serials: 0, position: null }
      this.#holdings.set(name, holding)
    }
    return holding
  }

  writes(): Omit<Writes, 'commit'> {
    const apps = new Map<string, MutableAppWrites>()
    for (const account of this.#accounts.values()) {
      if (account.version === account.versionBefore) continue
      const { app, user, version, changedAt } = account
      const writes = writesOf(apps, app)
      ;(account.isNew ? writes.accountsNew : writes.accountsChanged).push({ app, user, version, changedAt })
    }
    for (const holding of this.#holdings.values()) place(writesOf(apps, holding.app), holding)
    for (const row of this.#history) writesOf(apps, row.app).history.push(row)
    const sorted = [...apps.values()]
      .filter((writes) => writes.history.length > 0)
      .sort((left, right) => compareBytes(left.app, right.app))
    for (const writes of sorted) sortRows(writes)
    return { apps: sorted, receipts: this.#receiptsNew.sort((left, right) => compareBytes(left.key, right.key)) }
  }
}

/** By how much a change moves a quantity. */
function deltaOf(change: Change, quantity: bigint): bigint {
  if (change.verb === 'add') return change.amount
  if (change.verb === 'subtract') return -change.amount
  return change.amount - quantity
}

/** Why a change can't be done, or null. */
function faultOf({ app, user, item, amount }: Change, holding: Holding, delta: bigint): Refusal | null {
  const held = holding.quantity
  // I1: no holding is ever negative.
  if (held + delta < 0n) return { code: 'NOT_ENOUGH', data: { app, user, item, held, wanted: amount } }
  if (held + delta > quantityMax) return { code: 'QUANTITY_OVERFLOW', data: { app, user, item, held, added: amount } }
  return null
}

interface MutableAppWrites extends AppWrites {
  readonly accountsNew: AccountRow[]
  readonly accountsChanged: AccountRow[]
  readonly holdingsNew: HoldingRow[]
  readonly holdingsChanged: HoldingRow[]
  readonly holdingsGone: HoldingRow[]
  readonly history: HistoryRow[]
}

function writesOf(apps: Map<string, MutableAppWrites>, app: string): MutableAppWrites {
  let writes = apps.get(app)
  if (writes === undefined) {
    writes = {
      app,
      accountsNew: [],
      accountsChanged: [],
      holdingsNew: [],
      holdingsChanged: [],
      holdingsGone: [],
      history: [],
    }
    apps.set(app, writes)
  }
  return writes
}

/** Puts a holding where it belongs: to be inserted, updated, deleted, or left alone. */
function place(
  writes: MutableAppWrites,
  { app, user, item, isNew, quantity, quantityBefore, serials, position }: Holding,
): void {
  if (quantity === quantityBefore) return
  const row = { app, user, item, quantity, serials, position }
  if (isNew) writes.holdingsNew.push(row)
  else if (quantity === 0n && serials === 0) writes.holdingsGone.push(row)
  else writes.holdingsChanged.push(row)
}

/** Sorts by the tables' keys: neighbours in a statement are neighbours on disk, and two writers never lock in opposite orders. */
function sortRows(writes: MutableAppWrites): void {
  const byUser = (left: AccountRow, right: AccountRow): number => compareBytes(left.user, right.user)
  const byItem = (left: HoldingRow, right: HoldingRow): number =>
    compareBytes(left.user, right.user) || compareBytes(left.item, right.item)
  writes.accountsNew.sort(byUser)
  writes.accountsChanged.sort(byUser)
  writes.holdingsNew.sort(byItem)
  writes.holdingsChanged.sort(byItem)
  writes.holdingsGone.sort(byItem)
  // The sort is stable and a user's rows are in order of version and line already.
  writes.history.sort((left, right) => compareBytes(left.user, right.user))
}
