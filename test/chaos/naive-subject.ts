import { Stockpile } from '../../src/index.ts'
import type { Job } from '../../src/cli/prove/messages.ts'
import type { Pauses } from '../../src/cli/prove/pauses.ts'
import type { Random } from '../../src/cli/prove/random.ts'
import { readingOf, writeMark } from '../../src/cli/prove/stockpile-subject.ts'
import type { Deed, Reading, Subject, Way } from '../../src/cli/prove/subject.ts'
import { allAccounts } from '../../src/cli/prove/accounts.ts'
import { openStorage } from './open-storage.ts'
import { openPlainCache, type PlainCache } from './plain-cache.ts'

/**
 * Two ways that are in every textbook. `set before commit`: what is written goes into the cache inside the transaction, and is deleted after
 * a rollback; what is missing is set. `delete after commit`: what was written is deleted from the cache before it is acknowledged; what is
 * missing is added.
 */
export type NaiveWay = 'set before commit' | 'delete after commit'

const undone = new Error('undone on purpose')

/** A database that is right in itself, and a cache beside it. */
export class NaiveSubject implements Subject {
  readonly deeds: readonly Deed[] = ['write', 'trade', 'undo', 'evict']
  readonly #naiveWay: NaiveWay
  readonly #stockpile: Stockpile
  readonly #cache: PlainCache
  readonly #app: string
  /** Starts the keys: the servers are shared. */
  readonly #name: string
  readonly #pauses: Pauses
  readonly #random: Random

  private constructor(
    naiveWay: NaiveWay,
    { stockpile, cache, job }: { stockpile: Stockpile; cache: PlainCache; job: Job },
    pauses: Pauses,
    random: Random,
  ) {
    this.#naiveWay = naiveWay
    this.#stockpile = stockpile
    this.#cache = cache
    this.#app = job.app
    this.#name = `${new URL(job.storage).pathname}:${job.app}`
    this.#pauses = pauses
    this.#random = random
  }

  /** Opens database and cache. */
  static async open(naiveWay: NaiveWay, job: Job, pauses: Pauses, random: Random): Promise<Subject> {
    const stockpile = new Stockpile({ storage: await openStorage(job.storage) })
    const cache = await openPlainCache(job.cache)
    return new NaiveSubject(naiveWay, { stockpile, cache, job }, pauses, random)
  }

  async read(account: string, way: Way): Promise<Reading> {
    if (way === 'past') return readingOf(this.#stockpile, this.#app, account, 'past')
    await this.#pauses.at('before the cache is read')
    const text = await this.#cache.get(this.#key(account))
    await this.#pauses.at('after the cache was read')
    if (text !== null) return JSON.parse(text) as Reading
    const reading = await readingOf(this.#stockpile, this.#app, account, 'past')
    await this.#pauses.at('before the value is stored')
    const store = this.#naiveWay === 'set before commit' ? 'set' : 'add'
    await this.#cache[store](this.#key(account), JSON.stringify(reading))
    return reading
  }

  async perform(deed: Deed, names: readonly string[], mark: number): Promise<void> {
    if (deed === 'evict') {
      await this.#cache.delete(this.#key(this.#random.pick(allAccounts)))
      return
    }
    try {
      await this.#write(names, mark, deed === 'undo')
    } catch (error) {
      if (error !== undone) throw error
      if (this.#naiveWay === 'set before commit') await this.#delete(names)
    }
  }

  statistics(): Readonly<Record<string, number>> {
    return {}
  }

  async close(): Promise<void> {
    await this.#cache.close()
    await this.#stockpile.close()
  }

  async #write(names: readonly string[], mark: number, isUndone: boolean): Promise<void> {
    await this.#stockpile.transaction(async () => {
      await writeMark(this.#stockpile, this.#app, names, mark)
      if (this.#naiveWay === 'set before commit') {
        for (const name of names) {
          const reading = await readingOf(this.#stockpile, this.#app, name, 'all')
          await this.#cache.set(this.#key(name), JSON.stringify(reading))
        }
      }
      await this.#pauses.at('before the commit')
      if (isUndone) throw undone
    })
    await this.#pauses.at('after the commit')
    if (this.#naiveWay === 'delete after commit') await this.#delete(names)
  }

  async #delete(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#cache.delete(this.#key(name))
  }

  #key(account: string): string {
    return `${this.#name}:${account}`
  }
}
