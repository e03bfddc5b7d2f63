import { compareBytes } from '../model/id.ts'
import type { PreparedChange, PreparedDeal } from '../model/deal.ts'
import { ascending, detached } from '../model/serials-at.ts'
import type { HistoryRow, Loaded, ReceiptRow, Refusal, SettledChange, Settlement, Writes } from '../storage/contract.ts'
import {
  Mover,
  Owners,
  logOf,
  movesOf,
  movesText,
  serialCountOf,
  totalOf,
  type Holding,
  type Journal,
  type Parcel,
  type SerialMoves,
} from './parcel.ts'
import { customPlaceOf, placeOf } from './place.ts'
import { readReceipt, toReceipt } from './receipts.ts'
import { writesOf, type Account } from './writes.ts'

type Loadable = Pick<Loaded, 'accounts' | 'holdings' | 'serials' | 'receipts'>

/** What one change did to one holding. */
interface Effect {
  readonly change: PreparedChange
  readonly holding: Holding
  /** By how much, counted ones and serials together. */
  readonly delta: bigint
  readonly balance: bigint
  readonly quantity: bigint
  readonly moves: SerialMoves
  /** How much had happened to the holding's serials after it, and how many there were. */
  readonly steps: number
  readonly count: number
  /** The other side of a transfer. */
  readonly party: string | null
  /** Whether it is the side that the change names, and not the other. */
  readonly isMain: boolean
}

/**
 * Decides a list of deals, one after the other, against locked accounts and their holdings. Pure: the same input gives the same answer,
 * and the input stays as it was.
 *
 * A deal happens as a whole or is refused as a whole; a refused one leaves no trace for those after it (I9). Of several faults in one
 * deal the first of this order is reported: the key was used for another request; `ifVersion`, in the order of the changes; then each
 * change in order, and in a transfer the giver's fault before the receiver's.
 *
 * @param loaded all accounts, holdings, serials and receipts that the deals name and that exist; what isn't in it doesn't exist
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
  readonly #owners = new Owners()
  readonly #journal: Journal = []
  readonly #mover = new Mover(this.#owners, this.#journal)
  readonly #now: number

  constructor(loaded: Loadable, now: number) {
    this.#now = now
    for (const { app, user, version, changedAt } of loaded.accounts) {
      this.#accounts.set(`${app} ${user}`, { app, user, isNew: false, versionBefore: version, version, changedAt })
    }
    for (const row of loaded.holdings) {
      const { app, user, item, quantity, position } = row
      const [serials, serialsBefore] = [new Map<bigint, string>(), new Map<bigint, string | null>()]
      const holding = { app, user, item, before: row, quantity, position, serials, serialsBefore, log: null }
      this.#holdings.set(`${app} ${user}\n${item}`, holding)
    }
    let holding: Holding | undefined
    for (const { app, user, item, serial, properties } of loaded.serials) {
      // The serials of a holding follow each other.
      if (holding?.item !== item || holding.user !== user || holding.app !== app)
        holding = this.#holdings.get(`${app} ${user}\n${item}`)
      this.#owners.set(app, serial, holding ?? { user, item })
      holding?.serials.set(serial, properties)
    }
    for (const receipt of loaded.receipts) this.#receipts.set(receipt.key, receipt)
  }

  decide(deal: PreparedDeal): Settlement {
    if (deal.key === null || deal.hash === null) return this.#settle(deal)
    const known = this.#receipts.get(deal.key)
    if (known !== undefined) return readReceipt(known, deal.hash)
    const settlement = this.#settle(deal)
    if (deal.isDryRun) return settlement
    const receipt = toReceipt(deal.key, deal.hash, settlement, this.#now)
    this.#receipts.set(deal.key, receipt)
    this.#receiptsNew.push(receipt)
    return settlement
  }

  writes(): Omit<Writes, 'commit'> {
    const receipts = this.#receiptsNew.sort((left, right) => compareBytes(left.key, right.key))
    return { apps: writesOf(this.#accounts.values(), this.#holdings.values(), this.#history), receipts }
  }

  #settle(deal: PreparedDeal): Settlement {
    const conflict = this.#conflict(deal.changes)
    if (conflict !== null) return { refusal: conflict, deal: deal.id, isReplay: false }
    this.#journal.length = 0
    const effects: Effect[] = []
    for (const change of deal.changes) {
      const refusal = this.#apply(change, effects)
      if (refusal === null) continue
      // I9: the deal is refused as a whole, so everything goes back to where it was.
      this.#undo()
      return { refusal, deal: deal.id, isReplay: false }
    }
    const outcomes = deal.isDryRun ? this.#foretell(effects) : this.#record(deal, effects)
    return { outcomes, deal: deal.id, isReplay: false }
  }

  /** The first change, in order, whose account isn't at the version that it asks for. */
  #conflict(changes: readonly PreparedChange[]): Refusal | null {
    for (const { app, user, ifVersion } of changes) {
      if (ifVersion === null) continue
      const actual = this.#accounts.get(`${app} ${user}`)?.version ?? 0n
      if (actual !== ifVersion) return { code: 'VERSION_CONFLICT', data: { app, user, expected: ifVersion, actual } }
    }
    return null
  }

  /** Does one change and notes what it did; a transfer does something to two holdings (I2). */
  #apply(change: PreparedChange, effects: Effect[]): Refusal | null {
    const main = this.#holding(change.app, change.user, change.item)
    const other = change.party === null ? null : this.#holding(change.party.app, change.party.user, change.item)
    const mismatch = mismatchOf(change, main) ?? (other === null ? null : mismatchOf(change, other))
    if (mismatch !== null) return mismatch
    const [mainBefore, otherBefore] = [totalOf(main), other === null ? 0n : totalOf(other)]
    const moves = movesOf(change)
    const otherMoves = movesOf(change)
    const refusal = this.#move(change, main, moves, other, otherMoves)
    if (refusal !== null) return refusal
    const note = (
      holding: Holding,
      before: bigint,
      itsMoves: SerialMoves,
      party: Holding | null,
      isMain: boolean,
    ): void => {
      const balance = totalOf(holding)
      const partyName = party === null ? null : `${party.app} ${party.user}`
      effects.push({
        change,
        holding,
        delta: balance - before,
        balance,
        quantity: holding.quantity,
        moves: itsMoves,
        steps: change.kind === 'tally' ? 0 : logOf(holding).since.serials.length,
        count: holding.serials.size,
        party: partyName,
        isMain,
      })
    }
    note(main, mainBefore, moves, other, true)
    if (other !== null) note(other, otherBefore, otherMoves, main, false)
    return null
  }

  #move(
    change: PreparedChange,
    main: Holding,
    moves: SerialMoves,
    other: Holding | null,
    otherMoves: SerialMoves,
  ): Refusal | null {
    switch (change.verb) {
      case 'sort':
        return null
      case 'convert':
        return this.#mover.convert(main, change, moves)
      case 'add':
        return this.#receive(change, main, moves, other, otherMoves)
      case 'subtract':
        return this.#give(change, main, moves, other, otherMoves)
      case 'set':
        return this.#set(change, main, moves, other, otherMoves)
    }
  }

  #receive(
    change: PreparedChange,
    main: Holding,
    moves: SerialMoves,
    other: Holding | null,
    otherMoves: SerialMoves,
  ): Refusal | null {
    const parcel = other === null ? parcelOf(change) : this.#mover.take(other, change, otherMoves)
    return 'code' in parcel ? parcel : this.#mover.put(main, parcel, moves)
  }

  #give(
    change: Pick<PreparedChange, 'kind' | 'amount' | 'serials'>,
    main: Holding,
    moves: SerialMoves,
    other: Holding | null,
    otherMoves: SerialMoves,
  ): Refusal | null {
    const parcel = this.#mover.take(main, change, moves)
    if ('code' in parcel) return parcel
    return other === null ? null : this.#mover.put(other, parcel, otherMoves)
  }

  /** Makes a holding exactly what a change says: what is too much goes, what is missing comes. */
  #set(
    change: PreparedChange,
    main: Holding,
    moves: SerialMoves,
    other: Holding | null,
    otherMoves: SerialMoves,
  ): Refusal | null {
    if (change.serials === null) {
      const missing = change.amount - totalOf(main)
      if (missing < 0n)
        return this.#give({ kind: change.kind, amount: -missing, serials: null }, main, moves, other, otherMoves)
      const part = { ...change, amount: missing, made: change.made.slice(0, Number(missing)) }
      return this.#receive(part, main, moves, other, otherMoves)
    }
    const wanted = new Set(change.serials.map(({ serial }) => serial))
    // Ascending, whatever came and went before in the batch: history and the fault that is told go by this order.
    const surplus = ascending(main.serials).filter(({ serial }) => !wanted.has(serial))
    const tooMany = main.quantity > change.amount ? main.quantity - change.amount : 0n
    const refusal = this.#give({ kind: change.kind, amount: tooMany, serials: surplus }, main, moves, other, otherMoves)
    if (refusal !== null) return refusal
    // From the other side comes only what isn't here; from nowhere also what is here with other properties.
    const serials = other === null ? change.serials : change.serials.filter(({ serial }) => !main.serials.has(serial))
    return this.#receive({ ...change, amount: change.amount - main.quantity, serials }, main, moves, other, otherMoves)
  }

  /** Moves the versions of the changed accounts by one and writes the history of a deal that happens. */
  #record(deal: PreparedDeal, effects: readonly Effect[]): SettledChange[] {
    const lines = new Map<Account, number>()
    // All versions move before the first outcome is made: each tells the version after the whole deal.
    const accounts = effects.map((effect) => {
      const account = this.#account(effect.holding)
      if (isChange(effect) && !lines.has(account)) {
        lines.set(account, 0)
        account.version += 1n
        account.changedAt = Math.max(this.#now, account.changedAt)
      }
      return account
    })
    return effects.flatMap((effect, index) => {
      const account = accounts[index]!
      if (isChange(effect)) {
        const line = lines.get(account)! + 1
        lines.set(account, line)
        this.#arrange(effect, account.version, line)
        this.#history.push(historyRow(deal, effect, account, line))
      }
      return effect.isMain ? [answerOf(effect, effects[index + 1], (one) => this.#account(one.holding).version)] : []
    })
  }

  /** Says what a deal would lead to, and takes it back. */
  #foretell(effects: readonly Effect[]): SettledChange[] {
    const moved = new Set(effects.filter(isChange).map(({ holding }) => this.#account(holding)))
    const versionOf = ({ holding }: Effect): bigint => {
      const account = this.#account(holding)
      return account.version + (moved.has(account) ? 1n : 0n)
    }
    const outcomes = effects.flatMap((effect, index) =>
      effect.isMain ? [answerOf(effect, effects[index + 1], versionOf)] : [],
    )
    // What is undone goes from the logs that the answers share.
    const kept = outcomes.map(({ serials, other, ...rest }) => {
      const mine = { ...rest, serials: detached(serials) }
      return other === undefined ? mine : { ...mine, other: { ...other, serials: detached(other.serials) } }
    })
    this.#undo()
    return kept
  }

  #undo(): void {
    for (const undo of this.#journal.reverse()) undo()
  }

  /** Gives a holding its place in the user's order. */
  #arrange({ change, holding, delta, balance, isMain }: Effect, version: bigint, line: number): void {
    // What was gone in the midst of a deal and came again has no place left over from before.
    if (balance === 0n) holding.position = null
    else if (change.verb === 'sort') holding.position = customPlaceOf(change.amount, version)
    else {
      const place = isMain ? change.place : change.party?.place
      if (place && delta > 0n) holding.position = placeOf(place, holding.position, version, line)
    }
  }

  #account({ app, user }: Holding): Account {
    const name = `${app} ${user}`
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = { app, user, isNew: true, versionBefore: 0n, version: 0n, changedAt: 0 }
      this.#accounts.set(name, account)
    }
    return account
  }

  #holding(app: string, user: string, item: string): Holding {
    const name = `${app} ${user}\n${item}`
    let holding = this.#holdings.get(name)
    if (holding === undefined) {
      holding = {
        app,
        user,
        item,
        before: null,
        quantity: 0n,
        position: null,
        serials: new Map(),
        serialsBefore: new Map(),
        log: null,
      }
      this.#holdings.set(name, holding)
    }
    return holding
  }
}

/** A holding that has what the change's kind can't keep, or null. */
function mismatchOf({ kind }: PreparedChange, holding: Holding): Refusal | null {
  const { app, user, item, quantity } = holding
  const serials = serialCountOf(holding)
  const isForeign = (kind === 'tally' && serials > 0) || (kind === 'serial' && quantity > 0n)
  return isForeign ? { code: 'KIND_MISMATCH', data: { app, user, item, kind, quantity, serials } } : null
}

/** What an addition from nowhere brings. */
function parcelOf({ kind, amount, serials, made, properties }: PreparedChange): Parcel {
  if (serials !== null) return { tally: amount, entries: serials }
  if (kind === 'serial') return { tally: 0n, entries: made.map((serial) => ({ serial, properties })), isMade: true }
  return { tally: amount, entries: [] }
}

/** I8: a version is one deal that changed something, so a change by nothing (set to what it was) is no line and no version. */
function isChange({ change, delta, balance, moves }: Effect): boolean {
  if (change.verb === 'sort') return balance > 0n
  return delta !== 0n || moves.in.length > 0 || moves.out.length > 0 || moves.set.length > 0
}

function historyRow(deal: PreparedDeal, effect: Effect, account: Account, line: number): HistoryRow {
  const { holding, delta, balance, moves, party } = effect
  const { app, user, item } = holding
  const { version, changedAt: time } = account
  return {
    app,
    user,
    item,
    version,
    line,
    change: delta,
    balance,
    serials: movesText(moves),
    party,
    deal: deal.id,
    data: deal.data,
    time,
  }
}

/** What a change led to, and on the other side of a transfer too where somebody there asked. */
function answerOf(main: Effect, next: Effect | undefined, versionOf: (effect: Effect) => bigint): SettledChange {
  const outcome = outcomeOf(main, versionOf(main))
  const isAsked = main.change.party?.place !== undefined
  return isAsked && next !== undefined ? { ...outcome, other: outcomeOf(next, versionOf(next)) } : outcome
}

function outcomeOf({ change, holding, delta, quantity, steps, count }: Effect, version: bigint): SettledChange {
  const { app, user, item } = holding
  const serials = change.kind === 'tally' ? null : { ...logOf(holding), steps, count }
  return { app, user, item, change: delta, quantity, serials, version }
}
