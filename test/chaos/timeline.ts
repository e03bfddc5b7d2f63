import type { HistoryRow } from '../../src/storage/contract.ts'
import type { ModelAccount } from './model.ts'

/** Between which moments something happened: after it was asked for, and before the answer came (Infinity: nobody knows). */
export interface Interval {
  readonly invokedAt: number
  readonly answeredAt: number
}

/** The states that one account went through, and when it can have been in each of them. */
export class Timeline {
  readonly #balances = new Map<string, { readonly version: number; readonly balance: bigint }[]>()
  /** By version: the state was there by this time, because it or one after it was acknowledged. */
  readonly #certainAt: number[]
  /** By version: the state was not there before this time, because it or one before it had not been asked for. */
  readonly #possibleAt: number[]

  /**
   * @param rows the account's history in order
   * @param intervalOf when what a row belongs to happened
   */
  constructor(rows: readonly HistoryRow[], intervalOf: (row: HistoryRow) => Interval) {
    this.#certainAt = [-Infinity]
    this.#possibleAt = [-Infinity]
    for (const row of rows) {
      const version = Number(row.version)
      const { invokedAt, answeredAt } = intervalOf(row)
      this.#certainAt[version] = answeredAt
      this.#possibleAt[version] = Math.max(invokedAt, this.#possibleAt[version - 1] ?? -Infinity)
      const balances = this.#balances.get(row.item) ?? []
      this.#balances.set(row.item, balances)
      balances.push({ version, balance: row.balance })
    }
    for (let version = this.last - 1; version >= 0; version -= 1) {
      this.#certainAt[version] = Math.min(
        this.#certainAt[version] ?? Infinity,
        this.#certainAt[version + 1] ?? Infinity,
      )
    }
  }

  /** The last version. */
  get last(): number {
    return this.#certainAt.length - 1
  }

  /** The versions, from and to, that somebody may have seen who asked and was answered at these moments. */
  between({ invokedAt, answeredAt }: Interval): { from: number; to: number } {
    return { from: lastBefore(this.#certainAt, invokedAt), to: lastBefore(this.#possibleAt, answeredAt) }
  }

  /** The account as it was at a version. */
  at(version: number): ModelAccount {
    const items = [...this.#balances].map(([item, balances]): [string, bigint] => {
      const index = lastBefore(
        balances.map((entry) => entry.version),
        version + 0.5,
      )
      return [item, balances[index]?.balance ?? 0n]
    })
    return { version: BigInt(version), items: new Map(items) }
  }
}

/** The index of the last of the ascending numbers that is below the limit; -1 where there is none. */
function lastBefore(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? Infinity) < limit) low = middle + 1
    else high = middle
  }
  return low - 1
}
