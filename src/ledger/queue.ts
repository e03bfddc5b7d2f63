/** A first-in first-out list that stays fast when it is long. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #head = 0
  #weight = 0
  readonly #weigh: (item: T) => number

  /** @param weigh tells what an item weighs; 1 each unless said otherwise */
  constructor(weigh: (item: T) => number = () => 1) {
    this.#weigh = weigh
  }

  /** How many are in it. */
  get size(): number {
    return this.#items.length - this.#head
  }

  /** What all in it weigh together. */
  get weight(): number {
    return this.#weight
  }

  /** Puts one at the end. */
  push(item: T): void {
    this.#items.push(item)
    this.#weight += this.#weigh(item)
  }

  /** Puts some at the front, in their order. */
  unshift(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)]
    this.#head = 0
    for (const item of items) this.#weight += this.#weigh(item)
  }

  /** The first one, left where it is; undefined when there is none. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** Takes the first one; undefined when there is none. */
  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    // Whatever was answered must not be kept alive by the place that it had.
    this.#items[this.#head] = undefined
    this.#weight -= this.#weigh(item)
    this.#head += 1
    // Cutting the used part off rarely keeps the cost per item constant.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
