import { isDeepStrictEqual } from 'node:util'
import { toMoves } from '../../src/ledger/history.ts'
import type { HistoryRow, SerialRow } from '../../src/storage/contract.ts'
import type { Books } from './books.ts'
import { checkTrade, isRefusedInVain, tradeOf, type Trade } from './check-trade.ts'
import { market } from './trade-request.ts'

/** All that is stored when the trading is over. */
export interface TradeBooks {
  readonly bank: Books
  readonly goods: Books
  readonly serials: readonly SerialRow[]
}

/** What became of one serial. */
interface Trail {
  /** The holdings that have it. */
  readonly holders: Set<string>
  /** The rows that brought it into the world. */
  readonly made: HistoryRow[]
  isRetired: boolean
  timesSold: number
}

/**
 * Checks what traders asked for and heard against what is stored: every trade by itself; that nothing was lost, made or doubled by trading
 * (I2); that each serial that was ever made is in exactly one holding, with the properties that it was made with (I3), unless it was
 * turned into a counted one; and that the market sold nothing twice.
 *
 * @returns what is wrong, in words; empty when all is well
 */
export function checkTrades({ bank, goods, serials }: TradeBooks, trades: ReadonlyMap<string, Trade>): string[] {
  const rows = [...bank.history, ...goods.history]
  const byTrade = Map.groupBy(rows, (row) => tradeOf(row).op)
  const forSale = new Set(serials.filter(({ user }) => user === market).map(({ serial }) => String(serial)))
  return [
    ...[...byTrade.keys()].filter((op) => !trades.has(op)).map((op) => `${op}: nobody asked for it`),
    ...[...trades.values()].flatMap((trade) => checkTrade(trade, byTrade.get(trade.op) ?? [])),
    ...[...trades.values()]
      .filter((trade) => isRefusedInVain(trade, forSale))
      .map(({ op }) => `${op}: was refused a ticket that nobody had bought`),
    ...checkSums([bank, goods], trades, byTrade),
    ...checkTrails(trailsOf(goods.history), serials, trades),
  ]
}

/** Compares what there is of each item with what was brought into the world; conversions change no sum. */
function checkSums(
  books: readonly Books[],
  trades: ReadonlyMap<string, Trade>,
  byTrade: ReadonlyMap<string, readonly HistoryRow[]>,
): string[] {
  const sums = new Map<string, bigint>()
  const count = (item: string, change: bigint): void => void sums.set(item, (sums.get(item) ?? 0n) + change)
  for (const op of byTrade.keys()) {
    for (const { verb, item, party, amount = 0, serials } of trades.get(op)?.request.steps.flat() ?? []) {
      if (verb === 'add' && party === undefined) count(item, BigInt(serials?.length ?? amount))
    }
  }
  for (const { item, quantity, serials } of books.flatMap(({ holdings }) => holdings))
    count(item, -quantity - BigInt(serials))
  return [...sums].filter(([, sum]) => sum !== 0n).map(([item, sum]) => `${item}: ${sum} more were made than there are`)
}

function trailsOf(history: readonly HistoryRow[]): Map<bigint, Trail & { readonly wrong: string[] }> {
  const trails = new Map<bigint, Trail & { wrong: string[] }>()
  const trailOf = (serial: bigint): Trail & { wrong: string[] } => {
    const trail = trails.get(serial) ?? { holders: new Set(), made: [], isRetired: false, timesSold: 0, wrong: [] }
    trails.set(serial, trail)
    return trail
  }
  for (const row of history) {
    const holder = `${row.user} ${row.item}`
    const moves = toMoves(row.serials ?? '{}')
    for (const serial of moves.out) {
      const trail = trailOf(serial)
      if (!trail.holders.delete(holder)) trail.wrong.push(`left ${holder} and was not there`)
      if (row.party === null) trail.isRetired = true
      if (row.user === market) trail.timesSold += 1
    }
    for (const serial of moves.in) {
      const trail = trailOf(serial)
      if (trail.holders.has(holder)) trail.wrong.push(`came to ${holder} and was there`)
      trail.holders.add(holder)
      if (row.party === null) trail.made.push(row)
    }
  }
  return trails
}

function checkTrails(
  trails: ReadonlyMap<bigint, Trail & { readonly wrong: readonly string[] }>,
  rows: readonly SerialRow[],
  trades: ReadonlyMap<string, Trade>,
): string[] {
  const found = Map.groupBy(rows, ({ serial }) => serial)
  const strays = [...found.keys()].filter((serial) => !trails.has(serial))
  return [
    ...strays.map((serial) => `serial ${serial}: nobody made it`),
    ...[...trails].flatMap(([serial, trail]) => {
      const { holders, made, isRetired, timesSold, wrong } = trail
      const there = (found.get(serial) ?? []).map(({ user, item }) => `${user} ${item}`)
      const properties = propertiesOf(serial, made[0], trades)
      const all = [
        ...wrong,
        ...(made.length === 1 ? [] : [`was made ${made.length} times`]),
        ...(there.length === (isRetired ? 0 : 1) ? [] : [`is in ${there.length} holdings: ${there.join(', ')}`]),
        ...(isDeepStrictEqual([...holders], there)
          ? []
          : [`should be in ${[...holders].join(', ')}, is in ${there.join(', ')}`]),
        ...(timesSold <= 1 ? [] : [`was sold ${timesSold} times by the market`]),
        ...(found.get(serial) ?? [])
          .filter((row) => !isDeepStrictEqual(JSON.parse(row.properties), properties))
          .map((row) => `was made with ${JSON.stringify(properties)} and has ${row.properties}`),
      ]
      return all.map((text) => `serial ${serial}: ${text}`)
    }),
  ]
}

/** What a serial was made with. */
function propertiesOf(serial: bigint, made: HistoryRow | undefined, trades: ReadonlyMap<string, Trade>): unknown {
  const { op, step } = made === undefined ? { op: '', step: 0 } : tradeOf(made)
  const moves = trades.get(op)?.request.steps[step] ?? []
  return moves.find(({ serials }) => serials?.includes(String(serial)))?.properties ?? {}
}
