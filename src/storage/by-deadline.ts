// What a timer can wait for: it takes anything longer for no time at all.
const timerMsMax = 2 ** 31 - 1

/**
 * Waits for work until a moment, and then goes on without it.
 *
 * @param deadline on the clock of `performance.now()`
 * @param discard gets what comes too late; an error that comes too late is nobody's
 * @returns undefined when the work wasn't done in time
 * @throws what the work throws in time
 */
export async function byDeadline<T>(
  work: Promise<T>,
  deadline: number,
  discard: (late: T) => void = () => undefined,
): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  let isLate = false
  const timer = setTimeout(
    () => {
      isLate = true
      resolve(undefined)
    },
    Math.min(Math.max(0, deadline - performance.now()), timerMsMax),
  )
  work.then(
    (value) => {
      if (isLate) discard(value)
    },
    () => undefined,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
