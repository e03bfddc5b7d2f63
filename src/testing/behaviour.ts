import type { Context } from './context.ts'

/** What not every database can; a backend states it and a probe checks the statement. */
export interface Capabilities {
  /** Two transactions can write to different accounts at the same time. */
  readonly canRowLock: boolean
  /** Nothing is cached, so that anybody may write to the database. */
  readonly canDoWithoutCache: boolean
}

/**
 * Where a behaviour runs:
 * - `alone`: nothing else goes on;
 * - `transaction`: its whole body is inside one `transaction()`;
 * - `crowd`: other deals of the same Stockpile, on other accounts, share its batches.
 */
export type Mode = 'alone' | 'transaction' | 'crowd'

/** Something that must be true of Stockpile on every database that it runs on. */
export interface Behaviour {
  /** A claim that can be false. */
  readonly title: string
  /** What it can't do without; it says nothing about a backend that lacks it. */
  readonly needs?: keyof Capabilities
  /** The modes in which it says nothing, each with the reason. */
  readonly notIn?: Partial<Record<Exclude<Mode, 'alone'>, string>>
  /** Whether it leaves books behind that it has falsified itself. */
  readonly isTampering?: boolean
  /** Whether it puts a sorter around what it is given, which can't be sorted already then. */
  readonly isSorting?: boolean
  /** Rejects where the claim is false. */
  readonly run: (context: Context) => Promise<void>
}

/** The behaviours about one topic. */
export interface Suite {
  readonly name: string
  readonly behaviours: readonly Behaviour[]
}

/** Why the behaviours of a suite that are about transactions as such can't run inside another one. */
export const opensItsOwn = {
  transaction: 'it is about the outermost transaction itself',
  crowd: 'it is about what goes on inside a transaction, which nobody shares',
} as const
