import { compareBytes } from '../model/id.ts'
import type { AccountRow, AppWrites, HistoryRow, HoldingRow, SerialRow } from '../storage/contract.ts'
import { serialCountOf, type Holding } from './parcel.ts'

/** An account as it stands after the deals settled so far. */
export interface Account {
  readonly app: string
  readonly user: string
  readonly isNew: boolean
  readonly versionBefore: bigint
  version: bigint
  changedAt: number
}

interface MutableAppWrites extends AppWrites {
  readonly accountsNew: AccountRow[]
  readonly accountsChanged: AccountRow[]
  readonly holdingsNew: HoldingRow[]
  readonly holdingsChanged: HoldingRow[]
  readonly holdingsGone: HoldingRow[]
  readonly serialsGone: SerialRow[]
  readonly serialsChanged: SerialRow[]
  readonly serialsNew: SerialRow[]
  readonly history: HistoryRow[]
}

/**
 * What has to be written so that the database has what a batch led to, sorted by the tables' keys: neighbours in a statement are
 * neighbours on disk, and two writers never lock in opposite orders.
 */
export function writesOf(
  accounts: Iterable<Account>,
  holdings: Iterable<Holding>,
  history: readonly HistoryRow[],
): AppWrites[] {
  const apps = new Map<string, MutableAppWrites>()
  for (const row of history) appOf(apps, row.app).history.push(row)
  const changed = new Set<string>()
  for (const account of accounts) {
    if (account.version === account.versionBefore) continue
    const { app, user, version, changedAt } = account
    changed.add(`${app} ${user}`)
    const writes = appOf(apps, app)
    ;(account.isNew ? writes.accountsNew : writes.accountsChanged).push({ app, user, version, changedAt })
  }
  for (const holding of holdings) {
    const writes = apps.get(holding.app)
    // I8: what has no history, or an account whose version stays, has no change.
    if (writes === undefined || !changed.has(`${holding.app} ${holding.user}`)) continue
    placeHolding(writes, holding)
    placeSerials(writes, holding)
  }
  for (const writes of apps.values()) sortRows(writes)
  return [...apps.values()].sort((left, right) => compareBytes(left.app, right.app))
}

function appOf(apps: Map<string, MutableAppWrites>, app: string): MutableAppWrites {
  let writes = apps.get(app)
  if (writes === undefined) {
    writes = noWrites(app)
    apps.set(app, writes)
  }
  return writes
}

/** No writes in an app, to be added to. */
export function noWrites(app: string): MutableAppWrites {
  return {
    app,
    accountsNew: [],
    accountsChanged: [],
    holdingsNew: [],
    holdingsChanged: [],
    holdingsGone: [],
    serialsGone: [],
    serialsChanged: [],
    serialsNew: [],
    history: [],
  }
}

/** Puts a holding where it belongs: to be inserted, updated, deleted, or left alone. */
function placeHolding(writes: MutableAppWrites, holding: Holding): void {
  const { app, user, item, before, quantity, position } = holding
  const count = serialCountOf(holding)
  if (
    quantity === (before?.quantity ?? 0n) &&
    count === (before?.serials ?? 0) &&
    position === (before?.position ?? null)
  )
    return
  const row = { app, user, item, quantity, serials: count, position }
  if (before === null) writes.holdingsNew.push(row)
  else if (quantity === 0n && count === 0) writes.holdingsGone.push(row)
  else writes.holdingsChanged.push(row)
}

/** Puts the touched serials of a holding where they belong. */
function placeSerials(writes: MutableAppWrites, { app, user, item, serials, serialsBefore }: Holding): void {
  for (const [serial, before] of serialsBefore) {
    const properties = serials.get(serial)
    const row = { app, user, item, serial, properties: properties ?? before ?? '' }
    if (before === null) {
      if (properties !== undefined) writes.serialsNew.push(row)
    } else if (properties === undefined) writes.serialsGone.push(row)
    else if (properties !== before) writes.serialsChanged.push(row)
  }
}

function sortRows(writes: MutableAppWrites): void {
  const byUser = (left: AccountRow, right: AccountRow): number => compareBytes(left.user, right.user)
  const byItem = (left: HoldingRow | SerialRow, right: HoldingRow | SerialRow): number =>
    compareBytes(left.user, right.user) || compareBytes(left.item, right.item)
  const bySerial = (left: SerialRow, right: SerialRow): number =>
    byItem(left, right) || (left.serial < right.serial ? -1 : 1)
  for (const rows of [writes.accountsNew, writes.accountsChanged]) rows.sort(byUser)
  for (const rows of [writes.holdingsNew, writes.holdingsChanged, writes.holdingsGone]) rows.sort(byItem)
  for (const rows of [writes.serialsNew, writes.serialsChanged, writes.serialsGone]) rows.sort(bySerial)
  // The sort is stable and a user's rows are in order of version and line already.
  writes.history.sort((left, right) => compareBytes(left.user, right.user))
}
