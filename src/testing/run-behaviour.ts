import assert from 'node:assert/strict'
import type { Behaviour, Mode } from './behaviour.ts'
import type { Context } from './context.ts'
import { Crowd } from './crowd.ts'

/** Whether a behaviour says anything about a backend in a mode. */
export function isApplicable({ needs, notIn }: Behaviour, mode: Mode, can: Context['backend']['can']): boolean {
  if (needs !== undefined && !can[needs]) return false
  return mode === 'alone' || notIn?.[mode] === undefined
}

/**
 * Runs a behaviour in a mode and checks what must be true after every one of them: the books are in order (I8), nothing is left
 * open, no row is left locked.
 *
 * @param context is empty again afterwards, so that the next behaviour can use it
 * @throws what the behaviour throws where its claim is false, AssertionError
 */
export async function runBehaviour(behaviour: Behaviour, mode: Mode, context: Context): Promise<void> {
  try {
    await inMode(behaviour, mode, context)
    if (behaviour.isTampering !== true) await context.checkBooks()
  } finally {
    await context.clear()
  }
}

async function inMode(behaviour: Behaviour, mode: Mode, context: Context): Promise<void> {
  if (mode === 'alone') {
    await behaviour.run(context)
  } else if (mode === 'transaction') {
    const inside = await context.stockpile.transaction(
      async () => {
        await behaviour.run(context)
        return context.answers()
      },
      { retries: 0 },
    )
    // What a transaction saw last is what everybody sees after it.
    assert.deepEqual(await context.answers(), inside)
  } else {
    const crowd = new Crowd(context)
    try {
      await behaviour.run(context)
    } finally {
      await crowd.disperse()
    }
    assert.ok(crowd.size > 0, 'the crowd was there')
  }
}
