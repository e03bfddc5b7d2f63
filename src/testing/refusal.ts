import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { InvalidArgumentError, StockpileError } from '../index.ts'
import type { Context } from './context.ts'

/**
 * The error with which some work is refused.
 *
 * @param work may also throw at once
 * @returns the error, for a closer look
 * @throws AssertionError where the work succeeds or throws anything else
 */
export async function refusal<E extends StockpileError>(
  kind: new (...parameters: never[]) => E,
  work: () => unknown,
): Promise<E> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof kind)) throw new assert.AssertionError({ message: wrongError(kind.name, error) })
    assert.equal(error.name, kind.name)
    return error
  }
  throw new assert.AssertionError({ message: `expected ${kind.name}, and nothing was thrown` })
}

function wrongError(expected: string, error: unknown): string {
  return `expected ${expected}, got ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}`
}

/** Checks that an argument is refused with an error that names the argument, the value and the rule. */
export async function refusesArgument(
  argument: string,
  value: unknown,
  rule: RegExp,
  work: () => unknown,
): Promise<void> {
  const about = `${argument} ${inspect(value, { depth: 1, maxStringLength: 80 })}`
  try {
    const error = await refusal(InvalidArgumentError, work)
    assert.equal(error.argument, argument)
    // A list is copied before it is looked at.
    if (Array.isArray(value)) assert.deepEqual(error.value, value)
    else assert.ok(Object.is(error.value, value), `the error carries ${inspect(error.value)}`)
    assert.equal(error.code, 'INVALID_ARGUMENT')
    assert.equal(error.isRetryable, false)
    assert.match(error.rule, rule)
    assert.ok(error.message.startsWith(`${argument} must be ${error.rule}; got `), error.message)
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      assert.ok(error.message.endsWith(inspect(value, { maxStringLength: 80 })), error.message)
    }
  } catch (error) {
    throw new Error(`${about}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Checks that some work leaves every byte as it was (I9), for outsiders and for those who ask through `context.stockpile`. */
export async function leavesAllAsItWas(context: Context, work: () => Promise<unknown>): Promise<void> {
  for (const user of ['ann', 'bob']) context.tally(user)
  const rows = await context.dump()
  const answers = await context.answers()
  await work()
  assert.deepEqual(await context.dump(), rows)
  const answersNow = await context.answers()
  assert.deepEqual(answersNow.slice(0, answers.length), answers)
  // Whoever was named only meanwhile has nothing.
  for (const answer of answersNow.slice(answers.length)) assert.deepEqual(answer.slice(2), [0n, [], []])
}
