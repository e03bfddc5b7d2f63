import { accessSync, closeSync, constants, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { failure, usageError } from '../command-errors.ts'
import { toJson } from '../output.ts'
import type { FileDeal } from './file-deal.ts'

/** Why a deal was refused. */
export interface Refusal {
  readonly line: number
  readonly key: string | null
  readonly code: string
  readonly message: string
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * The file of refused deals, as JSON lines that can be corrected and applied again. Every run writes it anew, so that a resumed run
 * leaves the same file as one that was never stopped. It is there only if a deal was refused, unless the user named it.
 */
export class RefusedFile implements Disposable {
  readonly path: string
  #file: number | null = null

  /**
   * @param input the file that is read, or `-`
   * @param named what the user named, or undefined
   * @throws a usage error where it would overwrite the input; a failure where it can't be written
   */
  constructor(path: string, { input, isNamed }: { readonly input: string; readonly isNamed: boolean }) {
    this.path = path
    if (isNamed && input !== '-' && realPath(path) === realPath(input))
      throw usageError(`--refused ${path} is the file that is read: name another`)
    this.#try(() => {
      accessSync(dirname(path), constants.W_OK)
      if (isNamed) this.#file = openSync(path, 'w')
      else rmSync(path, { force: true })
    })
  }

  /** Writes deals, in order. */
  write(refused: readonly { readonly deal: FileDeal; readonly refusal: Refusal }[]): void {
    if (refused.length === 0) return
    const text = refused.map(({ deal, refusal }) => `${toLine(deal, refusal)}\n`).join('')
    this.#try(() => {
      writeFileSync((this.#file ??= openSync(this.path, 'w')), text)
    })
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      throw failure(
        `the refused deals can not be written to ${this.path} (${(error as Error).message}): name another file with --refused`,
      )
    }
  }
}

function toLine({ name, data, changes, fault }: FileDeal, { line, ...refusal }: Refusal): string {
  const refused = { line, deal: name, ...refusal }
  if (fault !== null) return toJson({ refused: { ...refused, source: fault.source } })
  const plain = changes.map(({ verb, app, user, item, amount }) => ({
    verb,
    app,
    user,
    item,
    quantity: toNumber(amount),
  }))
  return toJson({ refused, data, changes: plain })
}

/** A number where JSON can say it exactly. */
function toNumber(amount: unknown): unknown {
  return typeof amount === 'bigint' && amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : amount
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
