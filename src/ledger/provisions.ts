import { SerialsAwaitedError, TablesAwaitedError } from '../errors.ts'
import type { Coherence } from '../cache/coherence.ts'
import { checkDeal, serialsMade, type Deal } from '../model/deal.ts'
import { toApp } from '../model/id.ts'
import type { Storage } from '../storage/contract.ts'
import type { Migrator } from '../storage/migrator.ts'
import { JoinedRoot } from './join.ts'
import { SerialNumbers, type SerialSource } from './serial-numbers.ts'
import type { Root } from './transaction.ts'

/**
 * What work needs before it can begin: the tables of its apps, a database that knows of its cache, and serial numbers. Getting any of it is a
 * write of its own, and a single writer's open transaction would be in the way of that: there it is done between two tries of the transaction.
 */
export class Provisions {
  readonly #storage: Storage
  readonly #migrator: Migrator
  readonly #coherence: Coherence | null
  readonly #serials: SerialNumbers

  constructor(
    settings: { readonly storage: Storage; readonly clock: () => number; readonly serials: SerialSource | null },
    migrator: Migrator,
    coherence: Coherence | null,
  ) {
    const { storage, clock, serials } = settings
    this.#storage = storage
    this.#migrator = migrator
    this.#coherence = coherence
    const reserve = (atLeast: bigint, count: bigint): Promise<bigint> => storage.reserve('serials', atLeast, count)
    this.#serials = new SerialNumbers(reserve, clock, serials)
  }

  /** Where a transaction takes serial numbers from; undefined for none. */
  serialsOf(root: Root | undefined): SerialNumbers {
    return (root instanceof JoinedRoot ? root.serials : null) ?? this.#serials
  }

  /** Whether a deal has all that it needs. */
  isReady({ changes }: Deal, root: Root | undefined): boolean {
    let made = 0n
    for (const change of changes) {
      if (!this.isAppReady(change.app)) return false
      if (change.party !== null && !this.isAppReady(change.party.app)) return false
      made += serialsMade(change)
    }
    if (made === 0n) return true
    const serials = this.serialsOf(root)
    // A single writer's transaction makes do with what there is: getting newer numbers would take another try of it, and another.
    return serials.isReady(made) || (this.#storage.isSingleWriter && root?.isBegun === true && serials.has(made))
  }

  /** Gets what a deal needs; a deal that breaks a rule gets nothing made. */
  async makeReady(deal: Deal, root: Root | undefined): Promise<void> {
    checkDeal(deal)
    for (const { app, party } of deal.changes) {
      await this.provideApp(app, root)
      if (party !== null) await this.provideApp(party.app, root)
    }
    const made = deal.changes.reduce((sum, change) => sum + serialsMade(change), 0n)
    // Again, because others who waited for the same numbers may have taken them.
    while (made > 0n && !this.serialsOf(root).isReady(made)) await this.provideSerials(made, root)
  }

  /** Sees to an app's tables, and that the database knows of the cache. */
  async provideApp(app: string, root: Root | undefined): Promise<void> {
    if (this.isAppReady(app)) return
    // A wrapper of somebody's own may have made the deal, and the name becomes part of statements.
    toApp(app)
    if (root instanceof JoinedRoot) {
      this.#migrator.require(app, await root.versions())
      await this.#coherence?.ready()
    } else if (root === undefined || !this.#storage.isSingleWriter) await this.#prepare(app)
    else if (!root.isBegun) await root.before(this.#prepare(app))
    else if (!(await this.#migrator.isThere(app)) || !this.isAppReady(app)) {
      root.doom(new TablesAwaitedError(app))
      throw root.fault
    }
  }

  /** Gets serial numbers. */
  async provideSerials(count: bigint, root: Root | undefined): Promise<void> {
    const serials = this.serialsOf(root)
    if (serials.isReady(count)) return
    if (root === undefined || root instanceof JoinedRoot || !this.#storage.isSingleWriter) await serials.prepare(count)
    else if (!root.isBegun) await root.before(serials.prepare(count))
    else {
      root.doom(new SerialsAwaitedError(count))
      throw root.fault
    }
  }

  /** Gets what a transaction lacked and could not get itself; false if that isn't why it failed. */
  async provideAwaited(reason: unknown): Promise<boolean> {
    if (reason instanceof TablesAwaitedError) await this.#prepare(reason.app)
    else if (reason instanceof SerialsAwaitedError) await this.#serials.prepare(reason.count)
    else return false
    return true
  }

  /** Whether there is all that a read of an app needs. */
  isAppReady(app: string): boolean {
    return this.#migrator.isReady(app) && (this.#coherence?.isReady ?? true)
  }

  async #prepare(app: string): Promise<void> {
    await this.#migrator.prepare(app)
    await this.#coherence?.ready()
  }
}
