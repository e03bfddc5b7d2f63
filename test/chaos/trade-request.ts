import type { Kind } from '../../src/index.ts'

/** One change of a trade, as JSON can carry it. */
export interface Move {
  readonly verb: 'add' | 'subtract' | 'convert'
  readonly kind: Kind
  readonly user: string
  readonly item: string
  /** The other side, where it goes through a `Transfer`. */
  readonly party?: string
  /** How many; left out where `serials` says exactly which. */
  readonly amount?: number
  readonly serials?: readonly string[]
  /** What the named serials are made with, where they come from nowhere. */
  readonly properties?: Readonly<Record<string, unknown>>
}

/** What a trader asks for: one deal, or the steps of a transaction, each of which is a deal. */
export interface TradeRequest {
  readonly steps: readonly (readonly Move[])[]
  readonly key: string | null
}

/** What one change led to. */
export interface TradeOutcome {
  readonly change: string
  readonly balance: string
  readonly version: string
  /** A hash of the whole quantity: serials and properties. */
  readonly quantity: string
}

/** What became of a trade as the trader saw it. */
export type TradeAnswer =
  /** For each step its deal's id and its outcomes. */
  | { readonly steps: readonly { readonly deal: string; readonly outcomes: readonly TradeOutcome[] }[] }
  | { readonly refusal: { readonly code: string; readonly serial: string | null } }
  /** Everything that a caller should never see. */
  | { readonly fault: string }

/** Those who trade with one another, few enough to meet. */
export const traders: readonly string[] = Array.from({ length: 60 }, (_, index) => `trader_${index + 1}`)

/** It sells tickets and never takes one back. */
export const market = 'market'

/** The namespace of a kind: hybrids live beside serials, because a serial is in at most one holding of an app. */
export function appOf(kind: Kind): string {
  return kind === 'tally' ? 'bank' : 'goods'
}
