import type { Schedule } from './schedule.ts'

/** Where something else may come between. */
export type Point =
  | 'began'
  | 'tx.begun'
  | 'head.locked'
  | 'intent.sent'
  | 'intent.acked'
  | 'sql.done'
  | 'commit.sent'
  | 'commit.acked'
  | 'publish.sent'
  | 'ack'
  | 'get.replied'
  | 'lease.won'
  | 'probe.done'
  | 'stamp.read'
  | 'data.read'
  | 'fill.sent'
  | 'stored'
  | 'release.sent'
  | 'remove.sent'
  | 'remove.acked'
  | 'read.done'
  | 'taken'
  | 'forgotten'

/** When a process dies: as its step number `at` is taken, from 0, and whether what it has sent by then still arrives. */
export interface Death {
  readonly at: number
  readonly arrives: boolean
}

// What takes a moment without which the order of effects is the same; left out where every order is tried.
const sparePoints: ReadonlySet<Point> = new Set(['ack', 'stamp.read', 'stored', 'release.sent', 'taken', 'forgotten'])

/** A process: its steps are taken when the schedule says so, and none after its death. */
export class Life {
  readonly name: string
  readonly #schedule: Schedule | null
  readonly #death: Death | null
  readonly #hasSparePoints: boolean
  readonly #heirs = new Set<() => void>()
  readonly #points: Point[] = []
  #hasConflict = false
  #isSafe = false
  #waiting = 0
  #isDead = false

  /** @param schedule null for one whose steps are taken at once */
  constructor(
    name: string,
    schedule: Schedule | null,
    options: { readonly death?: Death | null; readonly hasSparePoints?: boolean } = {},
  ) {
    this.name = name
    this.#schedule = schedule
    this.#death = options.death ?? null
    this.#hasSparePoints = options.hasSparePoints ?? true
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** The steps that it took. */
  get steps(): readonly Point[] {
    return this.#points
  }

  /** Whether it waits for a random time, because of a conflict, and for nothing else. */
  get isBackingOff(): boolean {
    return this.#hasConflict && this.#waiting === 0 && !this.#isDead
  }

  /** Says that a conflict was told to it. */
  backOff(): void {
    this.#hasConflict = true
  }

  /** Says that what it was at is over. */
  settleDown(): void {
    this.#hasConflict = false
  }

  /** From here on it won't die. */
  survive(): void {
    this.#isSafe = true
  }

  /** A step inside the process, or an answer that reaches it. */
  async here(point: Point): Promise<void> {
    await this.#step(point)
    if (this.#isDead) await never()
  }

  /** What the process sent reaches a server, which may be after its death. */
  async there(point: Point): Promise<void> {
    await this.#step(point)
    if (this.#isDead && this.#death?.arrives !== true) await never()
  }

  /** What a server does some time after the process's death; answers what calls that off. */
  bequeath(work: () => void): () => void {
    const heir = (): void => {
      void this.#schedule?.step(this.name, 'loss of its connection').then(work)
    }
    this.#heirs.add(heir)
    return () => this.#heirs.delete(heir)
  }

  async #step(point: Point): Promise<void> {
    this.#hasConflict = false
    if (this.#schedule === null || (!this.#hasSparePoints && sparePoints.has(point))) return
    this.#waiting += 1
    await this.#schedule.step(this.name, point)
    this.#waiting -= 1
    if (this.#points.length === this.#death?.at && !this.#isSafe) {
      this.#isDead = true
      for (const heir of this.#heirs) heir()
    }
    this.#points.push(point)
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
