import { NotEnoughError, Quantity, Stockpile, type Items, type Planned } from '../../index.ts'
import type { CacheOptions } from '../../index.ts'
import { openCache } from '../cache-url.ts'
import { openStorage } from '../storage-url.ts'
import { accounts, isSerial } from './accounts.ts'
import { DelayingCache } from './delaying-cache.ts'
import { delayingStorage } from './delaying-storage.ts'
import type { Pauses } from './pauses.ts'
import type { Random } from './random.ts'
import type { Deed, Reading, Subject, Way } from './subject.ts'

/** Where a trial is held. */
export interface Place {
  readonly storage: string
  readonly cache: string
  readonly cacheOptions?: CacheOptions
  readonly app: string
}

const items = ['left', 'right'] as const

/** The properties of a serial. */
interface Marked {
  readonly [name: string]: unknown
  readonly mark: number
}

// What a transaction is left with that is to be undone.
const undone = new Error('undone on purpose')

/** Stockpile itself, with its cache and its storage held up at random. */
export class StockpileSubject implements Subject {
  readonly deeds: readonly Deed[] = ['write', 'trade', 'transact', 'undo', 'refuse', 'bulk', 'evict']
  readonly #stockpile: Stockpile
  readonly #cache: DelayingCache
  readonly #app: string
  readonly #random: Random

  private constructor(stockpile: Stockpile, cache: DelayingCache, app: string, random: Random) {
    this.#stockpile = stockpile
    this.#cache = cache
    this.#app = app
    this.#random = random
  }

  /** Opens storage and cache. */
  static async open({ storage, cache, cacheOptions, app }: Place, pauses: Pauses, random: Random): Promise<Subject> {
    const delayingCache = new DelayingCache(await openCache(cache, cacheOptions), pauses)
    const stockpile = new Stockpile({
      storage: delayingStorage(await openStorage(storage, 'write'), pauses),
      cache: delayingCache,
      tables: 'migrate',
    })
    return new StockpileSubject(stockpile, delayingCache, app, random)
  }

  async read(account: string, way: Way): Promise<Reading> {
    return readingOf(this.#stockpile, this.#app, account, way)
  }

  async perform(deed: Deed, names: readonly string[], mark: number): Promise<void> {
    switch (deed) {
      case 'write':
      case 'trade':
        await writeMark(this.#stockpile, this.#app, names, mark)
        break
      case 'transact':
        await this.#transact(names, mark, false)
        break
      case 'undo':
        await this.#transact(names, mark, true).catch((error: unknown) => {
          if (error !== undone) throw error
        })
        break
      case 'refuse':
        await this.#refuse(names[0]!, mark)
        break
      case 'bulk':
        await bulkMark(this.#stockpile, this.#app, mark)
        break
      case 'evict':
        await this.#cache.evict(this.#random)
    }
  }

  statistics(): Readonly<Record<string, number>> {
    return { ...this.#stockpile.cacheStatistics }
  }

  async close(): Promise<void> {
    await this.#stockpile.close()
  }

  /** Writes a mark that nobody may see, and then the one that stays, or all of it is undone. */
  async #transact(names: readonly string[], mark: number, isUndone: boolean): Promise<void> {
    await this.#stockpile.transaction(async () => {
      await writeMark(this.#stockpile, this.#app, names, mark + 1, { isPassing: true })
      await this.#stockpile
        .transaction(async () => {
          await writeMark(this.#stockpile, this.#app, names, mark + 2, { isPassing: true })
          throw undone
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error
        })
      await writeMark(this.#stockpile, this.#app, names, mark)
      if (isUndone) throw undone
    })
  }

  /** Writes and takes more than there is, so that nothing of it happens. */
  async #refuse(account: string, mark: number): Promise<void> {
    const tally = this.#stockpile.tally(this.#app, account)
    const changes = [tally.plan.set('left', mark), tally.plan.subtract('right', Number.MAX_SAFE_INTEGER)]
    try {
      await this.#stockpile.deal(changes)
    } catch (error) {
      // Of an account of serials it is refused for its kind.
      if (!(error instanceof NotEnoughError) && !isSerial(account)) throw error
    }
  }
}

/** Puts a mark on both items of accounts, in one deal. */
export async function writeMark(
  stockpile: Stockpile,
  app: string,
  names: readonly string[],
  mark: number,
  data: { readonly isPassing?: boolean } = {},
): Promise<void> {
  const changes = names.flatMap((account): Planned<unknown>[] => {
    if (!isSerial(account)) {
      const { plan } = stockpile.tally(app, account)
      return items.map((item) => plan.set(item, mark))
    }
    const { plan } = stockpile.serial<Marked>(app, account)
    // Adding a serial that is there replaces its properties.
    return items.map((item) => plan.add(item, new Quantity([[serialOf(account, item), { mark }]])))
  })
  await stockpile.deal(changes, { data: { mark, ...data } })
}

/** Puts a mark on the accounts that are there to be changed by SQL. */
async function bulkMark(stockpile: Stockpile, app: string, mark: number): Promise<void> {
  await stockpile.bulk(app, async (sql) => {
    await sql(markStatement(app, accounts.bulk, mark))
  })
}

/** The statement that puts a mark on accounts. */
export function markStatement(app: string, names: readonly string[], mark: number): string {
  const users = names.map((name) => `'${name}'`).join(', ')
  return `UPDATE ${app}_stockpile_holding SET quantity = ${mark} WHERE user_id IN (${users}) AND item_id IN ('left', 'right')`
}

/** Reads an account's marks. */
export async function readingOf(stockpile: Stockpile, app: string, account: string, way: Way): Promise<Reading> {
  if (!isSerial(account)) {
    const found = await readItems(stockpile.tally(app, account), way)
    return { version: Number(found.version), left: Number(found.get('left')), right: Number(found.get('right')) }
  }
  const found = await readItems(stockpile.serial<Marked>(app, account), way)
  return { version: Number(found.version), left: markOf(found.get('left')), right: markOf(found.get('right')) }
}

async function readItems<Q>(
  inventory: {
    all(): Promise<Items<Q>>
    get(items: Iterable<string>): Promise<Items<Q>>
    refresh(): Promise<Items<Q>>
    readonly uncached: { all(): Promise<Items<Q>> }
  },
  way: Way,
): Promise<Items<Q>> {
  if (way === 'list') return inventory.get(items)
  if (way === 'refresh') return inventory.refresh()
  return way === 'past' ? inventory.uncached.all() : inventory.all()
}

function markOf(quantity: Quantity<Marked> | undefined): number {
  const [pair] = quantity === undefined ? [] : quantity
  return Number(pair?.[1].mark)
}

/** Serials are unique in an app. */
function serialOf(account: string, item: string): number {
  return 1 + 2 * accounts.serial.findIndex((name) => name === account) + (item === 'left' ? 0 : 1)
}
