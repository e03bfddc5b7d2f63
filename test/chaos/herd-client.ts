import process from 'node:process'
import { HybridQuantity, Quantity, RecentSorter, StockpileError, type Stockpile } from '../../src/index.ts'
import type { HerdRequest } from './herd-request.ts'
import type { LogLine } from './record.ts'

/** What one change led to; the quantity as text. */
export interface HerdOutcome {
  readonly user: string
  readonly item: string
  readonly change: bigint
  readonly quantity: string
  readonly version: bigint
}

/** What became of a request. */
export type HerdAnswer =
  | { readonly outcomes: readonly HerdOutcome[]; readonly deal: string }
  | { readonly version: bigint; readonly items: readonly string[] }
  | { readonly refusal: { readonly code: string; readonly data: Readonly<Record<string, unknown>> } }

const refusals: ReadonlySet<string> = new Set(['NOT_ENOUGH', 'SERIAL_NOT_FOUND', 'SERIAL_TAKEN'])

/** A quantity as text: the count, and serials with their properties. */
export function quantityText(count: bigint, serials: Iterable<readonly [bigint, string]>): string {
  return [count.toString(), ...Array.from(serials, ([serial, properties]) => `${serial}${properties}`)].join(' ')
}

/** Does a request, and logs it before and after. */
export async function herd(
  stockpile: Stockpile,
  app: string,
  op: string,
  request: HerdRequest,
  log: (line: LogLine<HerdRequest, HerdAnswer>) => void,
): Promise<void> {
  log({ op, attempt: 1, at: now(), request })
  const answer = await answerOf(stockpile, app, op, request)
  log({ op, attempt: 1, at: now(), answer })
}

async function answerOf(stockpile: Stockpile, app: string, op: string, request: HerdRequest): Promise<HerdAnswer> {
  if (request.kind === 'read') {
    const items = await new RecentSorter(stockpile.hybrid(app, request.user)).all()
    return { version: items.version, items: [...items].map(([item, quantity]) => `${item} ${textOf(quantity)}`) }
  }
  const { changes, key } = request
  try {
    const outcomes = await stockpile.deal(changes, { data: { op }, ...(key === null ? {} : { key }) })
    const told = outcomes.map(({ user, item, change, quantity, version }) => ({
      user,
      item,
      change,
      quantity: textOf(quantity),
      version,
    }))
    return { outcomes: told, deal: outcomes[0]?.deal ?? '' }
  } catch (error) {
    if (!(error instanceof StockpileError) || !refusals.has(error.code)) throw error
    return { refusal: { code: error.code, data: error.data } }
  }
}

function textOf(quantity: unknown): string {
  if (!(quantity instanceof Quantity)) return quantityText(quantity as bigint, [])
  const pairs = [...quantity].map(([serial, properties]) => [serial, JSON.stringify(properties)] as const)
  return quantityText(quantity instanceof HybridQuantity ? quantity.tally() : 0n, pairs)
}

function now(): number {
  return Number(process.hrtime.bigint())
}
