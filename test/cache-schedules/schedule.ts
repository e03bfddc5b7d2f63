import type { Scheduler } from 'fast-check'

/** Decides which of the steps that could be taken is taken next. */
export interface Schedule {
  /** Resolves when the step is taken. */
  step(actor: string, name: string): Promise<void>
  /** How many steps could be taken now. */
  readonly count: number
  /** Takes one of them. */
  takeOne(): Promise<void>
}

/** Takes steps as fast-check's scheduler draws them; a failure names its seed and prints the steps in their order. */
export function drawnSchedule(scheduler: Scheduler): Schedule {
  return {
    step: (actor, name) => scheduler.schedule(Promise.resolve(), `${actor}: ${name}`),
    get count() {
      return scheduler.count()
    },
    takeOne: () => scheduler.waitNext(1),
  }
}
