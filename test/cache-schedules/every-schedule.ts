import type { Schedule } from './schedule.ts'

interface Waiting {
  readonly actor: string
  readonly name: string
  readonly take: () => void
}

/** A schedule that follows a list of choices, each the place of one of the steps that could be taken, and goes on with the first. */
class ChosenSchedule implements Schedule {
  /** The steps that were taken, in their order. */
  readonly taken: string[] = []
  /** For each choice: what was taken, and of how many, those left out that would interrupt somebody once too often. */
  readonly choices: { at: number; readonly count: number }[] = []
  readonly #given: readonly number[]
  readonly #interruptionsMax: number
  #waiting: Waiting[] = []
  #last: string | null = null
  #interruptions = 0

  constructor(given: readonly number[], interruptionsMax: number) {
    this.#given = given
    this.#interruptionsMax = interruptionsMax
  }

  step(actor: string, name: string): Promise<void> {
    return new Promise((take) => this.#waiting.push({ actor, name, take }))
  }

  get count(): number {
    return this.#waiting.length
  }

  async takeOne(): Promise<void> {
    // The steps of one process are taken in the order in which they came.
    const firsts = this.#waiting.filter(({ actor }, at) => this.#waiting.findIndex((one) => one.actor === actor) === at)
    const own = firsts.filter(({ actor }) => actor === this.#last)
    const others = firsts.filter(({ actor }) => actor !== this.#last)
    // Who can go on and doesn't is interrupted; where nobody can, turning to another is no interruption.
    const isBound = own.length > 0 && this.#interruptions >= this.#interruptionsMax
    const possible = isBound ? own : [...own, ...others]
    const at = this.#given[this.choices.length] ?? 0
    this.choices.push({ at, count: possible.length })
    const chosen = possible[at]!
    if (own.length > 0 && chosen.actor !== this.#last) this.#interruptions += 1
    this.#last = chosen.actor
    this.#waiting = this.#waiting.filter((one) => one !== chosen)
    this.taken.push(`${chosen.actor}: ${chosen.name}`)
    chosen.take()
  }
}

/**
 * Runs something under every schedule in which processes interrupt one another at most so often.
 *
 * @param run is called once for each; it must do the same again where the schedule is the same
 * @returns how many schedules there are
 * @throws what `run` throws, with the steps in their order
 */
export async function underEverySchedule(
  interruptionsMax: number,
  run: (schedule: Schedule) => Promise<void>,
): Promise<number> {
  let given: number[] | null = []
  let count = 0
  while (given !== null) {
    const schedule = new ChosenSchedule(given, interruptionsMax)
    try {
      await run(schedule)
    } catch (error) {
      throw new Error(`under the schedule\n${schedule.taken.join('\n')}`, { cause: error })
    }
    count += 1
    given = nextOf(schedule.choices)
  }
  return count
}

/** The choices that come after those, in the order of a dictionary; null after the last. */
function nextOf(choices: readonly { readonly at: number; readonly count: number }[]): number[] | null {
  const last = choices.findLastIndex(({ at, count }) => at + 1 < count)
  if (last === -1) return null
  return [...choices.slice(0, last).map(({ at }) => at), choices[last]!.at + 1]
}
