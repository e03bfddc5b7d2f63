import type { Point } from '../../src/cli/prove/pauses.ts'

/** A point at which somebody is held. */
export interface Barrier {
  /** Resolves when somebody has come to it. */
  readonly reached: Promise<void>
  /** Lets them go on. */
  release(this: void): void
}

/** Holds whoever comes to a point, the next time, until they are let go. */
export class Barriers {
  readonly #held = new Map<Point, { reach(): void; passage: Promise<void> }>()

  /** Puts up a barrier. */
  hold(point: Point): Barrier {
    const reached = Promise.withResolvers<void>()
    const passage = Promise.withResolvers<void>()
    this.#held.set(point, { reach: reached.resolve, passage: passage.promise })
    return { reached: reached.promise, release: passage.resolve }
  }

  /** Comes to a point. */
  async at(point: Point): Promise<void> {
    const barrier = this.#held.get(point)
    if (barrier === undefined) return
    this.#held.delete(point)
    barrier.reach()
    await barrier.passage
  }
}
