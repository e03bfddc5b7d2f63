import { channel } from 'node:diagnostics_channel'
import type { AccountName, HoldingAnswer, HoldingQuery } from '../storage/contract.ts'
import type { Trail, TrailEntry } from './trail.ts'

/** How reads are audited. */
export interface AuditOptions {
  /** Which share of the reads is audited, above 0, up to 1; 0.001 costs little enough for production. */
  readonly share: number
  /** Told of every stale read that was proven. The logger and the diagnostics channel `stockpile:stale-read` are told as well. */
  readonly onStaleRead?: (proof: StaleRead) => void
}

/** The proof that a read was stale. */
export interface StaleRead extends AccountName {
  /** The account's version in the database before the read began. */
  readonly version: bigint
  /** The version that the read answered, which is lower. */
  readonly answered: bigint
  /** What this process last did in the cache under the account's key, oldest first. */
  readonly trail: readonly TrailEntry[]
}

const staleReads = channel('stockpile:stale-read')

/**
 * Samples reads: asks the database for the version first and reads through the cache afterwards. A read that then answers with an older
 * version is stale, whatever else goes on; there are no false alarms.
 */
export class Auditor {
  readonly #share: number
  readonly #versionOf: (account: AccountName) => Promise<bigint>
  readonly #trail: Trail
  readonly #tell: (proof: StaleRead) => void

  /**
   * @param versionOf reads an account's version from the database
   * @param trail what was done in the cache
   * @param tell is told of every stale read, besides the channel
   */
  constructor(
    share: number,
    versionOf: (account: AccountName) => Promise<bigint>,
    trail: Trail,
    tell: (proof: StaleRead) => void,
  ) {
    this.#share = share
    this.#versionOf = versionOf
    this.#trail = trail
    this.#tell = tell
  }

  /** Whether the next read is one of the sample. */
  isSampled(): boolean {
    return Math.random() < this.#share
  }

  /** Reads, and proves that it isn't stale. */
  async read(key: string, query: HoldingQuery, read: () => Promise<HoldingAnswer>): Promise<HoldingAnswer> {
    const { app, user } = query
    // A database that doesn't answer is no reason to fail a read that may not need it.
    const version = await this.#versionOf({ app, user }).catch(() => 0n)
    const answer = await read()
    if (answer.version < version) {
      const proof: StaleRead = { app, user, version, answered: answer.version, trail: this.#trail.of(key) }
      if (staleReads.hasSubscribers) staleReads.publish(proof)
      try {
        this.#tell(proof)
      } catch {
        // The read is answered all the same; the channel was told.
      }
    }
    return answer
  }
}
