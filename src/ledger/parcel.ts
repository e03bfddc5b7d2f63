import type { PreparedChange } from '../model/deal.ts'
import { quantityMax } from '../model/limits.ts'
import type { SerialEntry } from '../model/serial.ts'
import type { SerialColumns } from '../model/serials-at.ts'
import type { HoldingRow, Refusal } from '../storage/contract.ts'

/** What moves: a count, and serials with their properties. */
export interface Parcel {
  readonly tally: bigint
  readonly entries: readonly SerialEntry[]
  /** Whether the serials were made for it, so that nobody can have them yet. */
  readonly isMade?: boolean
}

/** A holding as it stands after the deals settled so far. */
export interface Holding {
  readonly app: string
  readonly user: string
  readonly item: string
  /** The row as it is stored, or null. */
  readonly before: HoldingRow | null
  quantity: bigint
  position: bigint | null
  /** Properties by serial; empty in a tally. */
  readonly serials: Map<bigint, string>
  /** What the touched serials had as properties in the database; null where they weren't there. */
  readonly serialsBefore: Map<bigint, string | null>
  /** The serials as they were loaded, and what happened to them since, for the answers; null until a change looks at them. */
  log: SerialLog | null
}

/** What happened to the serials of a holding in a batch. */
export interface SerialLog {
  readonly start: SerialColumns
  readonly since: { readonly serials: bigint[]; readonly properties: (string | null)[] }
}

/** The log of a holding's serials, begun now if it hasn't been. */
export function logOf(holding: Holding): SerialLog {
  return (holding.log ??= {
    start: { serials: [...holding.serials.keys()], properties: [...holding.serials.values()] },
    since: { serials: [], properties: [] },
  })
}

/** How many a holding has in all. */
export function totalOf(holding: Holding): bigint {
  return holding.quantity + BigInt(holding.serials.size)
}

/** How many serials a holding has, also where they were not loaded because nobody asked for them: those are as many as before. */
export function serialCountOf({ serials, serialsBefore, before }: Holding): number {
  return serialsBefore.size === 0 ? (before?.serials ?? 0) : serials.size
}

/** Which serials came, went and changed in a holding by one change. */
export interface SerialMoves {
  readonly in: bigint[]
  readonly out: bigint[]
  readonly set: bigint[]
}

// Counts are most of what is settled, and no serial of theirs ever moves.
const noMoves: SerialMoves = { in: [], out: [], set: [] }

/** Where the serials that a change moves are noted. */
export function movesOf({ kind, serials }: PreparedChange): SerialMoves {
  return kind === 'tally' && serials === null ? noMoves : { in: [], out: [], set: [] }
}

/** What moved as JSON text, by what it did; null where nothing did. */
export function movesText(moves: SerialMoves): string | null {
  if (moves === noMoves) return null
  const parts = Object.entries(moves).filter(([, serials]) => serials.length > 0)
  if (parts.length === 0) return null
  return JSON.stringify(
    Object.fromEntries(parts.map(([name, serials]: [string, bigint[]]) => [name, serials.map(String)])),
  )
}

/** Who has which serial, so that it is in at most one holding of an app (I3). */
export class Owners {
  // A map for each app: numbers are found sooner than texts that are made of them, where a holding has thousands of serials.
  readonly #apps = new Map<string, Map<bigint, Owner>>()

  /** Who has a serial, or undefined. */
  find(app: string, serial: bigint): Owner | undefined {
    return this.#apps.get(app)?.get(serial)
  }

  /** Says who has a serial; undefined for nobody. */
  set(app: string, serial: bigint, owner: Owner | undefined): void {
    let serials = this.#apps.get(app)
    if (serials === undefined) {
      serials = new Map()
      this.#apps.set(app, serials)
    }
    if (owner === undefined) serials.delete(serial)
    else serials.set(serial, owner)
  }
}

/** The holding that has a serial. */
export interface Owner {
  readonly user: string
  readonly item: string
}

/** Undoes steps of a refused deal, last first. */
export type Journal = (() => void)[]

/** Moves parcels into and out of holdings, noting in a journal how to undo it. */
export class Mover {
  readonly #owners: Owners
  readonly #journal: Journal

  constructor(owners: Owners, journal: Journal) {
    this.#owners = owners
    this.#journal = journal
  }

  /** Takes out of a holding what a change says: exactly its serials, or so many, counted ones first and then the newest serials. */
  take(
    holding: Holding,
    { kind, amount, serials }: Pick<PreparedChange, 'kind' | 'amount' | 'serials'>,
    moves: SerialMoves,
  ): Parcel | Refusal {
    const { app, user, item, quantity: held } = holding
    if (serials === null) {
      const total = totalOf(holding)
      if (amount > total) return { code: 'NOT_ENOUGH', data: { app, user, item, held: total, wanted: amount } }
      const tally = kind === 'serial' ? 0n : amount < held ? amount : held
      return this.#takeExactly(holding, tally, newest(holding, amount - tally), moves)
    }
    if (amount > held) return { code: 'NOT_ENOUGH', data: { app, user, item, held, wanted: amount } }
    const missing = serials.find(({ serial }) => !holding.serials.has(serial))
    if (missing !== undefined) return { code: 'SERIAL_NOT_FOUND', data: { app, user, item, serial: missing.serial } }
    return this.#takeExactly(
      holding,
      amount,
      serials.map(({ serial }) => serial),
      moves,
    )
  }

  /** Puts a parcel into a holding; a serial that is there gets the parcel's properties. */
  put(holding: Holding, { tally, entries, isMade = false }: Parcel, moves: SerialMoves): Refusal | null {
    const { app, user, item } = holding
    const total = totalOf(holding)
    const added = tally + BigInt(entries.filter(({ serial }) => !holding.serials.has(serial)).length)
    if (total + added > quantityMax) return { code: 'QUANTITY_OVERFLOW', data: { app, user, item, held: total, added } }
    this.#count(holding, tally)
    for (const { serial, properties } of entries) {
      const holder = this.#owners.find(app, serial)
      if (holder !== undefined && (isMade || holder.user !== user || holder.item !== item)) {
        return {
          code: 'SERIAL_TAKEN',
          data: { app, user, item, serial, holder: { user: holder.user, item: holder.item } },
        }
      }
      const before = holding.serials.get(serial)
      if (before === properties) continue
      ;(before === undefined ? moves.in : moves.set).push(serial)
      this.#setSerial(holding, serial, properties)
    }
    return null
  }

  /** Makes serials of a part of the count, or counts serials again. */
  convert(holding: Holding, { amount, serials, made, properties }: PreparedChange, moves: SerialMoves): Refusal | null {
    const { app, user, item, quantity: held } = holding
    if (serials !== null) {
      const parcel = this.take(holding, { kind: 'hybrid', amount: 0n, serials }, moves)
      if ('code' in parcel) return parcel
      this.#count(holding, BigInt(parcel.entries.length))
      return null
    }
    if (amount > held) return { code: 'NOT_ENOUGH', data: { app, user, item, held, wanted: amount } }
    this.#count(holding, -amount)
    return this.put(
      holding,
      { tally: 0n, entries: made.map((serial) => ({ serial, properties })), isMade: true },
      moves,
    )
  }

  #takeExactly(holding: Holding, tally: bigint, serials: readonly bigint[], moves: SerialMoves): Parcel {
    this.#count(holding, -tally)
    const entries = serials.map((serial) => {
      const properties = holding.serials.get(serial)!
      moves.out.push(serial)
      this.#setSerial(holding, serial, null)
      return { serial, properties }
    })
    return { tally, entries }
  }

  #count(holding: Holding, delta: bigint): void {
    holding.quantity += delta
    this.#journal.push(() => {
      holding.quantity -= delta
    })
  }

  /** Gives a serial to a holding, or takes it away where the properties are null. */
  #setSerial(holding: Holding, serial: bigint, properties: string | null): void {
    const { app, serials, serialsBefore } = holding
    const before = serials.get(serial)
    const owner = this.#owners.find(app, serial)
    if (!serialsBefore.has(serial)) serialsBefore.set(serial, before ?? null)
    const { since } = logOf(holding)
    since.serials.push(serial)
    since.properties.push(properties)
    const write = (value: string | undefined, holder: typeof owner): void => {
      if (value === undefined) serials.delete(serial)
      else serials.set(serial, value)
      this.#owners.set(app, serial, holder)
    }
    write(properties ?? undefined, properties === null ? undefined : holding)
    this.#journal.push(() => {
      since.serials.pop()
      since.properties.pop()
      write(before, owner)
    })
  }
}

/** The newest serials of a holding, those with the highest numbers; ascending, so that of several faults the lowest serial's is told. */
function newest(holding: Holding, count: bigint): bigint[] {
  if (count === 0n) return []
  return [...holding.serials.keys()].sort((left, right) => (left < right ? -1 : 1)).slice(-Number(count))
}
