import type { PreparedChange, PreparedDeal } from '../../src/model/deal.ts'
import type { Refusal } from '../../src/storage/contract.ts'
import { nameOf } from './rows.ts'
import type { Told, ToldChange } from './told.ts'

interface Owned {
  readonly app: string
  readonly user: string
  readonly item: string
  readonly serial: bigint
  readonly properties: string
}

/** All that is there: counts by holding, a list of serials, versions, and three lists of items by account, each with its top first. */
interface State {
  counts: Map<string, bigint>
  owned: Owned[]
  versions: Map<string, bigint>
  orders: Map<string, { custom: string[]; oldest: string[]; recent: string[] }>
}

interface Side {
  readonly app: string
  readonly user: string
  readonly item: string
}

class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.code)
    this.refusal = refusal
  }
}

/** The rules of inventories as one would tell them, without a thought for speed: every deal works on a copy of everything. */
export class SerialModel {
  state: State = { counts: new Map(), owned: [], versions: new Map(), orders: new Map() }

  settle({ id, changes, isDryRun }: PreparedDeal): Told {
    const before = this.state
    this.state = structuredClone(before)
    const moved = new Set<string>()
    try {
      const outcomes = changes.map((change) => this.#outcome(change, moved))
      const answer = outcomes.map(({ outcome, other }) => {
        const dated = this.#dated(outcome, moved)
        return other === null ? dated : { ...dated, other: this.#dated(other, moved) }
      })
      if (isDryRun) this.state = before
      else for (const account of moved) this.state.versions.set(account, (this.state.versions.get(account) ?? 0n) + 1n)
      return { outcomes: answer, deal: id, isReplay: false }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.state = before
      return { refusal: error.refusal, deal: id, isReplay: false }
    }
  }

  /** The items of an account that have a place, the top first. */
  order(account: string): string[] {
    const { custom = [], oldest = [], recent = [] } = this.state.orders.get(account) ?? {}
    return [...custom, ...oldest, ...recent]
  }

  #dated(outcome: Omit<ToldChange, 'version'>, moved: ReadonlySet<string>): ToldChange {
    const account = nameOf(outcome.app, outcome.user)
    return { ...outcome, version: (this.state.versions.get(account) ?? 0n) + (moved.has(account) ? 1n : 0n) }
  }

  #outcome(change: PreparedChange, moved: Set<string>) {
    const { app, user, item, kind, party } = change
    const main = { app, user, item }
    const other = party === null ? null : { app: party.app, user: party.user, item }
    for (const side of other === null ? [main] : [main, other]) this.#checkKind(kind, side)
    const before = [main, other].map((side) => (side === null ? '' : this.#text(side)))
    const totals = [main, other].map((side) => (side === null ? 0n : this.#total(side)))
    if (change.verb === 'sort') this.#sort(change, moved)
    else this.#apply(change, main, other)
    const answers = [main, other].map((side, index) => {
      if (side === null) return null
      const delta = this.#total(side) - totals[index]!
      if (this.#text(side) !== before[index]) moved.add(nameOf(side.app, side.user))
      const wish = index === 0 ? change.place : party?.place
      this.#arrange(side, change.verb === 'sort' ? null : (wish ?? null), delta > 0n)
      const serials =
        kind === 'tally' ? null : this.#serials(side).map(({ serial, properties }) => ({ serial, properties }))
      return { ...side, change: delta, quantity: this.#count(side), serials }
    })
    return { outcome: answers[0]!, other: party?.place === undefined ? null : answers[1]! }
  }

  #apply(change: PreparedChange, main: Side, other: Side | null): void {
    const { verb, kind, amount, serials, properties, made } = change
    const list = serials?.map(({ serial }) => serial) ?? null
    const news = made.map((serial) => ({ serial, properties }))
    if (verb === 'convert') {
      if (list !== null) this.#count(main, BigInt(this.#take(main, kind, 0n, list).entries.length))
      else {
        const held = this.#count(main)
        if (amount > held) throw new Refused({ code: 'NOT_ENOUGH', data: { ...main, held, wanted: amount } })
        this.#count(main, -amount)
        this.#put(main, 0n, news)
      }
    } else if (verb === 'subtract') this.#move(main, other, kind, amount, list)
    else if (verb === 'add') {
      if (other !== null) this.#move(other, main, kind, amount, list)
      else if (serials === null && kind === 'serial') this.#put(main, 0n, news)
      else this.#put(main, amount, serials ?? [])
    } else if (serials === null) {
      const missing = amount - this.#total(main)
      if (missing < 0n) this.#move(main, other, kind, -missing, null)
      else if (other !== null) this.#move(other, main, kind, missing, null)
      else if (kind === 'serial') this.#put(main, 0n, news.slice(0, Number(missing)))
      else this.#put(main, missing, [])
    } else {
      const surplus = this.#serials(main).flatMap(({ serial }) => (list!.includes(serial) ? [] : [serial]))
      const tooMany = this.#count(main) > amount ? this.#count(main) - amount : 0n
      this.#move(main, other, kind, tooMany, surplus)
      const missing = amount - this.#count(main)
      const here = new Set(this.#serials(main).map(({ serial }) => serial))
      if (other === null) this.#put(main, missing, serials)
      else
        this.#move(
          other,
          main,
          kind,
          missing,
          list!.filter((serial) => !here.has(serial)),
        )
    }
  }

  #move(from: Side, to: Side | null, kind: string, amount: bigint, list: readonly bigint[] | null): void {
    const { tally, entries } = this.#take(from, kind, amount, list)
    if (to !== null) this.#put(to, tally, entries)
  }

  #take(from: Side, kind: string, amount: bigint, list: readonly bigint[] | null): { tally: bigint; entries: Owned[] } {
    const [count, serials] = [this.#count(from), this.#serials(from)]
    const held = list === null ? this.#total(from) : count
    if (amount > held) throw new Refused({ code: 'NOT_ENOUGH', data: { ...from, held, wanted: amount } })
    const missing = list?.find((serial) => !serials.some((one) => one.serial === serial))
    if (missing !== undefined) throw new Refused({ code: 'SERIAL_NOT_FOUND', data: { ...from, serial: missing } })
    const tally = list !== null ? amount : kind === 'serial' ? 0n : amount < count ? amount : count
    const gone = list ?? serials.slice(serials.length - Number(amount - tally)).map(({ serial }) => serial)
    const entries = gone.map((serial) => serials.find((one) => one.serial === serial)!)
    this.state.owned = this.state.owned.filter((one) => !entries.includes(one))
    this.#count(from, -tally)
    return { tally, entries }
  }

  #put(to: Side, tally: bigint, entries: readonly Pick<Owned, 'serial' | 'properties'>[]): void {
    const held = this.#total(to)
    const added = tally + BigInt(entries.filter(({ serial }) => !this.#has(to, serial)).length)
    if (held + added > 2n ** 63n - 1n) throw new Refused({ code: 'QUANTITY_OVERFLOW', data: { ...to, held, added } })
    this.#count(to, tally)
    for (const { serial, properties } of entries) {
      const owner = this.state.owned.find((one) => one.app === to.app && one.serial === serial)
      if (owner !== undefined && !this.#has(to, serial)) {
        const holder = { user: owner.user, item: owner.item }
        throw new Refused({ code: 'SERIAL_TAKEN', data: { ...to, serial, holder } })
      }
      this.state.owned = this.state.owned.filter((one) => one !== owner)
      this.state.owned.push({ ...to, serial, properties })
    }
  }

  #sort({ app, user, item }: PreparedChange, moved: Set<string>): void {
    if (this.#total({ app, user, item }) === 0n) return
    const account = nameOf(app, user)
    const order = this.#orderOf(account)
    // A sort comes top first, and what this deal has put there already stays above.
    const isFirst = !moved.has(account)
    moved.add(account)
    if (isFirst) this.#sorted = 0
    this.#drop(account, item)
    order.custom.splice(this.#sorted, 0, item)
    this.#sorted += 1
  }
  #sorted = 0

  #arrange(side: Side, place: string | null, isMore: boolean): void {
    const account = nameOf(side.app, side.user)
    const order = this.#orderOf(account)
    if (this.#total(side) === 0n) this.#drop(account, side.item)
    else if (place !== null && isMore && !order.custom.includes(side.item)) {
      if (place !== 'recent' && this.order(account).includes(side.item)) return
      this.#drop(account, side.item)
      if (place === 'oldest') order.oldest.push(side.item)
      else order.recent.unshift(side.item)
    }
  }

  #orderOf(account: string): { custom: string[]; oldest: string[]; recent: string[] } {
    const order = this.state.orders.get(account) ?? { custom: [], oldest: [], recent: [] }
    this.state.orders.set(account, order)
    return order
  }

  #drop(account: string, item: string): void {
    const order = this.#orderOf(account)
    for (const list of [order.custom, order.oldest, order.recent])
      if (list.includes(item)) list.splice(list.indexOf(item), 1)
  }

  #checkKind(kind: PreparedChange['kind'], side: Side): void {
    const [quantity, serials] = [this.#count(side), this.#serials(side).length]
    if ((kind === 'tally' && serials > 0) || (kind === 'serial' && quantity > 0n))
      throw new Refused({ code: 'KIND_MISMATCH', data: { ...side, kind, quantity, serials } })
  }

  #count({ app, user, item }: Side, more = 0n): bigint {
    const name = nameOf(app, user, item)
    const count = (this.state.counts.get(name) ?? 0n) + more
    this.state.counts.set(name, count)
    return count
  }

  #serials({ app, user, item }: Side): Owned[] {
    const own = this.state.owned.filter((one) => one.app === app && one.user === user && one.item === item)
    return own.sort((left, right) => (left.serial < right.serial ? -1 : 1))
  }

  #has(side: Side, serial: bigint): boolean {
    return this.#serials(side).some((one) => one.serial === serial)
  }

  #total(side: Side): bigint {
    return this.#count(side) + BigInt(this.#serials(side).length)
  }

  #text(side: Side): string {
    return [this.#count(side), ...this.#serials(side).map(({ serial, properties }) => `${serial}${properties}`)].join()
  }
}
