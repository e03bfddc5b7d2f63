import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { StockpileError, type Change, type DealTrace, type Stockpile } from '../../index.ts'
import { refusalCodes } from '../exit-codes.ts'
import type { FileDeal } from './file-deal.ts'
import { toKey } from './idempotency-key.ts'
import type { RefusedFile, Refusal } from './refused-file.ts'

const dealStarts = 'tracing:stockpile:deal:start'

/** What became of the deals of a file so far. */
export interface Counts {
  /** All deals, whatever became of them. */
  deals: number
  /** Done by this command. */
  applied: number
  /** Done before, by an earlier command of the same run or under the same key. */
  appliedBefore: number
  refused: number
  /** Rows that move nothing. */
  rowsSkipped: number
  /** How many were refused, by code. */
  readonly reasons: Map<string, number>
}

type Verdict = { readonly kind: 'applied' | 'before' } | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Applies deals through the lane and counts what becomes of them. */
export class Applier implements Disposable {
  readonly counts: Counts = {
    deals: 0,
    applied: 0,
    appliedBefore: 0,
    refused: 0,
    rowsSkipped: 0,
    reasons: new Map(),
  }
  readonly #stockpile: Stockpile
  readonly #run: string
  readonly #refused: RefusedFile
  readonly #appsReady = new Set<unknown>()
  /** The ids of the deals that were sent and have no answer yet. */
  readonly #sent = new Set<string>()
  readonly #noteSent = (facts: unknown): void => {
    this.#sent.add((facts as DealTrace).deal)
  }

  constructor(stockpile: Stockpile, run: string, refused: RefusedFile) {
    this.#stockpile = stockpile
    this.#run = run
    this.#refused = refused
    subscribe(dealStarts, this.#noteSent)
  }

  [Symbol.dispose](): void {
    unsubscribe(dealStarts, this.#noteSent)
  }

  /**
   * Applies deals in one batch. All of them have their answer when this ends, whatever happens; never rejects.
   *
   * @returns null, or what stood in the way; what had been done until then is counted
   */
  async apply(chunk: readonly FileDeal[]): Promise<Error | null> {
    try {
      await this.#prepareApps(chunk)
      const deals = chunk.filter(({ changes, fault }) => fault !== null || changes.length > 0)
      const results = await Promise.allSettled(deals.map((deal) => this.#applyOne(deal)))
      this.#sent.clear()
      const failed = results.findIndex(({ status }) => status === 'rejected')
      const certain = failed === -1 ? deals : deals.slice(0, failed)
      const verdicts = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      this.#count(certain, verdicts)
      if (failed !== -1) return withPlace((results[failed] as PromiseRejectedResult).reason, deals[failed]!)
      for (const { rowsSkipped } of chunk) this.counts.rowsSkipped += rowsSkipped
      return null
    } catch (error) {
      return toError(error)
    }
  }

  /** Sees to it that the tables of all apps are there: a deal that has to wait for them would be overtaken by those after it. */
  async #prepareApps(chunk: readonly FileDeal[]): Promise<void> {
    for (const { app } of chunk.flatMap(({ changes }) => changes)) {
      if (this.#appsReady.has(app)) continue
      this.#appsReady.add(app)
      // What is no app's name is refused with its deal.
      if (typeof app === 'string' && /^[a-z0-9_]{1,32}$/.test(app)) await this.#stockpile.tally(app, 1).get(1)
    }
  }

  async #applyOne(deal: FileDeal): Promise<Verdict> {
    if (deal.fault !== null) {
      const { line, message } = deal.fault
      return { kind: 'refused', refusal: { line, key: null, code: 'INVALID_ROW', message } }
    }
    const key = deal.key ?? toKey(this.#run, deal.name)
    try {
      const changes = deal.changes.map(({ line: _line, ...change }) => ({ kind: 'tally', ...change }) as Change)
      const [outcome] = await this.#stockpile.deal(changes, { data: deal.data, key })
      // The answer to a key that was used before names the deal that used it.
      return { kind: this.#sent.has(outcome!.deal) ? 'applied' : 'before' }
    } catch (error) {
      if (!(error instanceof StockpileError)) throw error
      const { code, message, data } = error
      if (!refusalCodes.has(code) && code !== 'INVALID_ARGUMENT') throw error
      return { kind: 'refused', refusal: { line: lineOf(deal, data), key, code, message, data } }
    }
  }

  #count(deals: readonly FileDeal[], verdicts: readonly Verdict[]): void {
    const { counts } = this
    const refused = deals.flatMap((deal, index) => {
      const verdict = verdicts[index]!
      return verdict.kind === 'refused' ? [{ deal, refusal: verdict.refusal }] : []
    })
    this.#refused.write(refused)
    counts.deals += deals.length
    counts.refused += refused.length
    for (const { refusal } of refused) counts.reasons.set(refusal.code, (counts.reasons.get(refusal.code) ?? 0) + 1)
    for (const { kind } of verdicts.slice(0, deals.length)) {
      if (kind === 'applied') counts.applied += 1
      else if (kind === 'before') counts.appliedBefore += 1
    }
  }
}

/** The line of the change that an error is about, where it says so, otherwise that of the deal. */
function lineOf({ line, changes }: FileDeal, { argument }: Readonly<Record<string, unknown>>): number {
  const index = typeof argument === 'string' ? /^changes\[(\d+)\]/.exec(argument)?.[1] : undefined
  return changes[Number(index ?? -1)]?.line ?? line
}

/** Adds to an error of the database which deal it came with. */
function withPlace(reason: unknown, { line }: FileDeal): Error {
  const error = toError(reason)
  if (error instanceof StockpileError && error.code === 'DATABASE')
    error.message = `the deal of line ${line}: ${error.message}`
  return error
}

/** What was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
