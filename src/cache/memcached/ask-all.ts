import type { Connection, Exchange } from './connection.ts'
import type { Reply } from './parser.ts'

/** The answers to some commands, in order, as far as they have come; then why there are no more, or null where there are all. */
export interface Answers {
  readonly replies: readonly Reply[]
  readonly failure: string | null
}

/** Sends commands, each of which has one answer, and waits for the answers. Never rejects. */
export function askAll(connection: Connection, commands: readonly string[], isAscii = true): Promise<Answers> {
  if (commands.length === 0) return Promise.resolve({ replies: [], failure: null })
  const collected = new Collected(commands.length)
  connection.send(commands.join(''), collected, isAscii)
  return collected.promise
}

class Collected implements Exchange {
  readonly count: number
  readonly promise: Promise<Answers>
  readonly #resolve: (answers: Answers) => void
  readonly #replies: Reply[] = []

  constructor(count: number) {
    this.count = count
    const { promise, resolve } = Promise.withResolvers<Answers>()
    this.promise = promise
    this.#resolve = resolve
  }

  take(reply: Reply): void {
    this.#replies.push(reply)
    if (this.#replies.length === this.count) this.#resolve({ replies: this.#replies, failure: null })
  }

  fail(reason: string): void {
    this.#resolve({ replies: this.#replies, failure: reason })
  }
}
