import type { Verb } from '../../index.ts'

/** A change as it stands in a file. Its ids and amount are checked by the library, so that there is one set of rules. */
export interface FileChange {
  readonly verb: Verb
  readonly app: unknown
  readonly user: unknown
  readonly item: unknown
  readonly amount: unknown
  /** The line of the file that it is from, from 1. */
  readonly line: number
}

/** Why a deal can't even be sent. */
export interface FileFault {
  readonly line: number
  readonly message: string
  /** Whether the rows of the deal don't stand together, which concerns the file as a whole. */
  readonly isScattered: boolean
  /** What stands there: a row by column, or the text of a line. */
  readonly source: unknown
}

/** A deal as it stands in a file. */
export interface FileDeal {
  /** What its idempotency key is made of: its value in the deal column, or its place among the deals of the file. */
  readonly name: string
  /** The idempotency key that the file itself gives it, or null. */
  readonly key: string | null
  /** The line of the file where it begins, from 1. */
  readonly line: number
  readonly data: Record<string, unknown> | undefined
  readonly changes: readonly FileChange[]
  /** How many of its rows move nothing and were left out. */
  readonly rowsSkipped: number
  readonly fault: FileFault | null
}
