import type { CacheOptions } from '../../index.ts'
import type { Doom } from './pauses.ts'

/** What a worker does. */
export interface Job {
  readonly storage: string
  readonly cache: string
  readonly cacheOptions: CacheOptions
  readonly app: string
  readonly seed: number
  /** Counts the processes, from 1: its marks begin with it. */
  readonly worker: number
  readonly readers: number
  readonly writers: number
  readonly doom: Doom | null
}

/** A read that was answered: account, beginning and end in microseconds, version, and the two marks. */
export type ReadFact = readonly [
  account: string,
  from: number,
  to: number,
  version: number,
  left: number,
  right: number,
]

/** A write that was acknowledged: account, when, and its mark. */
export type WriteFact = readonly [account: string, to: number, mark: number]

/** What was seen since the last message. */
export interface Facts {
  readonly type: 'facts'
  readonly reads: readonly ReadFact[]
  readonly writes: readonly WriteFact[]
  /** What became of deeds and of reads that failed: counts by name. */
  readonly counts: Readonly<Record<string, number>>
}

/** What a worker says to its parent. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | Facts
  /** Nothing goes on any more. */
  | { readonly type: 'quiet' }
  /** All accounts as they are read in the end, and what the cache did. */
  | {
      readonly type: 'last'
      readonly reads: readonly ReadFact[]
      readonly statistics: Readonly<Record<string, number>>
    }

/** What a parent says to a worker: begin, come to rest, read everything once more, end. */
export type ParentMessage = { readonly type: 'go' | 'rest' | 'last' | 'end' }

/** Microseconds of a clock that all processes of a machine share and that nobody sets. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
