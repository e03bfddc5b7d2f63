import { traces, type BatchTrace } from '../../src/ledger/trace.ts'

/** Counts the batches of this process that are under way at once, detours aside, until it is disposed of. */
export class BatchCount implements Disposable {
  /** The most that there were. */
  most = 0
  #underWay = 0
  readonly #subscribers = {
    start: ({ isDetour }: BatchTrace) => {
      if (isDetour) return
      this.#underWay += 1
      this.most = Math.max(this.most, this.#underWay)
    },
    asyncEnd: ({ isDetour }: BatchTrace) => {
      if (!isDetour) this.#underWay -= 1
    },
    end: () => undefined,
    asyncStart: () => undefined,
    error: () => undefined,
  }

  constructor() {
    traces.batch.subscribe(this.#subscribers)
  }

  [Symbol.dispose](): void {
    traces.batch.unsubscribe(this.#subscribers)
  }
}
