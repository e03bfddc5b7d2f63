import { ConflictError } from '../../src/errors.ts'

interface Waiting<Owner> {
  readonly name: string
  readonly owner: Owner
  readonly resolve: () => void
}

/** Row locks: one owner each, waited for in order; whoever closes a circle of waiting is the victim. */
export class Locks<Owner extends object> {
  readonly #owners = new Map<string, Owner>()
  #waiting: Waiting<Owner>[] = []

  /** Who has a row locked. */
  ownerOf(name: string): Owner | undefined {
    return this.#owners.get(name)
  }

  /** Takes a lock if nobody else has it. */
  isTaken(name: string, owner: Owner): boolean {
    const holder = this.#owners.get(name)
    if (holder === undefined) this.#owners.set(name, owner)
    return (holder ?? owner) === owner
  }

  /**
   * Takes a lock, and waits for it.
   *
   * @throws ConflictError where that would be a deadlock
   */
  async take(name: string, owner: Owner): Promise<void> {
    while (!this.isTaken(name, owner)) {
      this.#requireNoCircle(name, owner)
      await new Promise<void>((resolve) => this.#waiting.push({ name, owner, resolve }))
    }
  }

  /** Gives back some of an owner's locks, or all, and stops it waiting. */
  release(owner: Owner, names?: ReadonlySet<string>): void {
    if (names === undefined) this.#waiting = this.#waiting.filter((one) => one.owner !== owner)
    for (const [name, holder] of this.#owners) {
      if (holder !== owner || names?.has(name) === false) continue
      this.#owners.delete(name)
      const woken = this.#waiting.filter((one) => one.name === name)
      this.#waiting = this.#waiting.filter((one) => one.name !== name)
      for (const { resolve } of woken) resolve()
    }
  }

  #requireNoCircle(name: string, owner: Owner): void {
    let holder = this.#owners.get(name)
    while (holder !== undefined) {
      const current: Owner = holder
      if (current === owner) throw new ConflictError('deadlock: another transaction waits for this one')
      const next = this.#waiting.find((one) => one.owner === current)
      holder = next === undefined ? undefined : this.#owners.get(next.name)
    }
  }
}
