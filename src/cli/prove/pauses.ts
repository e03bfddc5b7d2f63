import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'

/** The places where a process is held up, and where it may die. */
export const points = [
  'before the cache is read',
  'after the cache was read',
  'before the intent',
  'after the intent',
  'before the value is stored',
  'after the value was stored',
  'before the token is released',
  'before the database is read',
  'after the database was read',
  'before the commit',
  'after the commit',
] as const

/** One of them. */
export type Point = (typeof points)[number]

/** Where a process is to end, as if the power was cut: the so many-th time that it comes to a point. */
export interface Doom {
  readonly point: Point
  readonly passage: number
}

/** Holds a process up at random, for a random time. */
export class Pauses {
  readonly #random: Random
  readonly #doom: Doom | null
  readonly #share: number
  readonly #longestMs: number
  #passages = 0

  /** @param options `share`: how often it pauses, of 1; `longestMs`: for how long at most */
  constructor(
    random: Random,
    doom: Doom | null,
    options: { readonly share: number; readonly longestMs: number } = { share: 0.15, longestMs: 12 },
  ) {
    this.#random = random
    this.#doom = doom
    this.#share = options.share
    this.#longestMs = options.longestMs
  }

  /** Comes to a point. */
  async at(point: Point): Promise<void> {
    if (this.#doom?.point === point) {
      this.#passages += 1
      if (this.#passages === this.#doom.passage) process.kill(process.pid, 'SIGKILL')
    }
    // Most pauses are short, and some are long.
    if (this.#random.chance(this.#share)) await pause(this.#longestMs * this.#random.next() ** 3)
  }
}
