import { readFile } from 'node:fs/promises'
import type { Answer, LogLine } from './record.ts'
import type { Request } from './request.ts'

/** What a client asked for, all the times that it asked, and what it heard. */
export interface Operation<Asked = Request, Heard = Answer> {
  readonly op: string
  readonly request: Asked
  /** When it was asked for first. */
  readonly invokedAt: number
  readonly attempts: Attempt<Heard>[]
}

/** One time that it was asked for; without an answer where the client was killed before it came. */
export interface Attempt<Heard = Answer> {
  readonly invokedAt: number
  answeredAt: number
  answer: Heard | null
}

/** Reads the logs of clients; a last line that was cut off counts as not written. */
export async function readLogs<Asked = Request, Heard = Answer>(
  files: readonly string[],
): Promise<LogLine<Asked, Heard>[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine<Asked, Heard>),
  )
}

/** Puts the lines of logs together: the operations by name. */
export function operationsOf<Asked = Request, Heard = Answer>(
  lines: readonly LogLine<Asked, Heard>[],
): Map<string, Operation<Asked, Heard>> {
  const operations = new Map<string, Operation<Asked, Heard>>()
  const attempts = new Map<string, Attempt<Heard>>()
  for (const line of [...lines].sort((left, right) => left.at - right.at)) {
    const name = `${line.op} ${line.attempt}`
    if ('request' in line) {
      const attempt: Attempt<Heard> = { invokedAt: line.at, answeredAt: Infinity, answer: null }
      attempts.set(name, attempt)
      const known = operations.get(line.op)
      if (known !== undefined) known.attempts.push(attempt)
      else operations.set(line.op, { op: line.op, request: line.request, invokedAt: line.at, attempts: [attempt] })
    } else {
      const attempt = attempts.get(name)
      if (attempt === undefined) throw new Error(`${name} has an answer and was never asked for`)
      attempt.answeredAt = line.at
      attempt.answer = line.answer
    }
  }
  return operations
}
