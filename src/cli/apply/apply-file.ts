import { extname } from 'node:path'
import type { Stockpile } from '../../index.ts'
import { usageError } from '../command-errors.ts'
import { toCount, toCounted } from '../output.ts'
import { Progress } from '../progress.ts'
import { Applier, toError } from './applier.ts'
import { cutIntoChunks } from './chunks.ts'
import { readCsvDeals } from './csv-deals.ts'
import type { CsvOptions } from './csv-mapping.ts'
import type { FileDeal } from './file-deal.ts'
import { toRun } from './idempotency-key.ts'
import { Input } from './input.ts'
import type { Interrupt } from './interrupt.ts'
import { readJsonDeals } from './json-deals.ts'
import { RefusedFile } from './refused-file.ts'
import type { Summary } from './summary.ts'

/** The options of `apply`. */
export interface ApplyOptions extends CsvOptions {
  readonly run?: string
  readonly csv?: boolean
  readonly jsonl?: boolean
  readonly delimiter?: string
  readonly encoding: string
  readonly refused?: string
  readonly quiet?: boolean
}

/** A file of deals that was looked at and found fit to be applied. */
export class DealFile {
  readonly run: string
  readonly #path: string
  readonly #options: ApplyOptions
  readonly #input: Input
  readonly #interrupt: Interrupt
  readonly #isCsv: boolean

  /** @throws a usage error for options that don't fit together and a file that isn't there */
  constructor(path: string, options: ApplyOptions, interrupt: Interrupt) {
    this.#path = path
    this.#options = options
    this.#interrupt = interrupt
    this.run = toRun(path, options.run)
    this.#input = new Input(path, options.encoding)
    this.#isCsv = isCsv(path, options)
  }

  /**
   * Reads a CSV file once from end to end before anything is applied, so that a fault that concerns all of it (a missing column, rows of a
   * deal that don't stand together, a quote that is never closed) leaves nothing half done. What is read from a pipe can't be read twice.
   *
   * @throws a usage error naming the line
   */
  async check(): Promise<void> {
    if (!this.#isCsv || !this.#input.isRepeatable) return
    const progress = this.#progress()
    try {
      let deals = 0
      for await (const { fault } of this.#deals()) {
        deals += 1
        if (fault?.isScattered === true) throw usageError(`${this.#input.name}, ${fault.message}`)
        progress.tell({ part: this.#part(), text: `checking: ${toCounted(deals, 'deal')}` })
      }
    } finally {
      progress.end()
    }
  }

  /**
   * Applies all deals, in their order. Ends early where it is interrupted, or where something stands in the way: then what is in flight is
   * waited for first.
   *
   * @returns what was done, and what stood in the way, or null
   */
  async apply(stockpile: Stockpile): Promise<{ summary: Summary; failure: Error | null }> {
    const { refused: named } = this.#options
    const refusedPath = named ?? `${this.#path === '-' ? this.run : this.#path}.refused.jsonl`
    using refused = new RefusedFile(refusedPath, { input: this.#path, isNamed: named !== undefined })
    using applier = new Applier(stockpile, this.run, refused)
    const startedAt = performance.now()
    const failure = await this.#applyAll(applier, startedAt)
    const { counts } = applier
    const summary: Summary = {
      input: this.#input.name,
      run: this.run,
      counts,
      seconds: (performance.now() - startedAt) / 1000,
      refusedFile: counts.refused > 0 || named !== undefined ? refusedPath : null,
      isComplete: failure === null && this.#interrupt.exitCode === null,
    }
    return { summary, failure }
  }

  async #applyAll(applier: Applier, startedAt: number): Promise<Error | null> {
    const progress = this.#progress()
    // One list is in flight while the next one is read.
    let inFlight: Promise<Error | null> = Promise.resolve(null)
    try {
      for await (const chunk of cutIntoChunks(this.#deals())) {
        const part = this.#part()
        const failure = await inFlight
        if (failure !== null) return failure
        if (this.#interrupt.exitCode !== null) return null
        const { deals, refused } = applier.counts
        const rate = Math.round(deals / ((performance.now() - startedAt) / 1000))
        progress.tell({
          part,
          text: `${toCounted(deals, 'deal')}, ${toCount(rate)}/s${refused > 0 ? `, ${toCount(refused)} refused` : ''}`,
        })
        inFlight = applier.apply(chunk)
      }
      return await inFlight
    } catch (error) {
      const failure = await inFlight
      if (failure !== null) return failure
      return this.#interrupt.exitCode === null ? toError(error) : null
    } finally {
      progress.end()
    }
  }

  #deals(): AsyncGenerator<FileDeal> {
    const { app, delimiter } = this.#options
    if (!this.#isCsv) return readJsonDeals(this.#input, app, this.#interrupt.signal)
    const isTabs =
      delimiter === 'tab' || delimiter === '\\t' || (delimiter === undefined && extname(this.#path) === '.tsv')
    return readCsvDeals(
      this.#input,
      { ...this.#options, delimiter: isTabs ? '\t' : (delimiter ?? ',') },
      this.#interrupt.signal,
    )
  }

  #part(): number | null {
    const { bytesTotal, bytesRead } = this.#input
    return bytesTotal === null || bytesTotal === 0 ? null : bytesRead / bytesTotal
  }

  #progress(): Progress {
    return new Progress({ isQuiet: this.#options.quiet === true })
  }
}

function isCsv(path: string, options: ApplyOptions): boolean {
  if (options.csv === true && options.jsonl === true) throw usageError('--csv and --jsonl exclude each other')
  const columns = (['user', 'item', 'quantity', 'deal', 'key', 'data', 'defaultUser'] as const).filter(
    (name) => options[name] !== undefined,
  )
  const isCsvFile = options.csv === true || (options.jsonl !== true && /\.(csv|tsv)$/i.test(path))
  const isJsonFile = options.jsonl === true || (options.csv !== true && /\.(jsonl|ndjson|json)$/i.test(path))
  if (isJsonFile && columns.length > 0)
    throw usageError(
      `--${columns[0] === 'defaultUser' ? 'default-user' : columns[0]} is for CSV: say --csv if that is what ${path} is`,
    )
  if (!isCsvFile && !isJsonFile && path !== '-' && columns.length === 0)
    throw usageError(`${path} may be CSV or JSON lines: say --csv or --jsonl`)
  return isCsvFile || (!isJsonFile && columns.length > 0)
}
