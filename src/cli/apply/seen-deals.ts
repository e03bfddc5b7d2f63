import { hash } from 'node:crypto'

const sizeFirst = 1024

/**
 * Remembers the deals of a file that went by, at 16 to 32 bytes each whatever their names' lengths. Two names are taken for one with a
 * probability of about one in a million among five million deals.
 */
export class SeenDeals {
  #slots = new BigUint64Array(sizeFirst)
  #size = 0

  /**
   * Remembers a deal.
   *
   * @returns whether it was there already
   */
  add(name: string): boolean {
    // Zero stands for an empty slot.
    const mark = hash('sha256', name, 'buffer').readBigUInt64LE() || 1n
    const slot = this.#find(this.#slots, mark)
    if (this.#slots[slot] === mark) return true
    this.#slots[slot] = mark
    this.#size += 1
    if (this.#size * 2 > this.#slots.length) this.#grow()
    return false
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#slots.length * 2)
    for (const mark of this.#slots) if (mark !== 0n) larger[this.#find(larger, mark)] = mark
    this.#slots = larger
  }

  /** Where a mark is, or the empty slot where it belongs. */
  #find(slots: BigUint64Array, mark: bigint): number {
    let slot = Number(mark % BigInt(slots.length))
    while (slots[slot] !== 0n && slots[slot] !== mark) slot = (slot + 1) % slots.length
    return slot
  }
}
