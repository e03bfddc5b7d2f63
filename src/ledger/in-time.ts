import { TransactionTimeoutError } from '../errors.ts'

/**
 * Waits for work, at most so long.
 *
 * @param onTimeout learns of it before the rejection does
 * @throws TransactionTimeoutError, and what the work throws
 */
export async function inTime<T>(
  work: Promise<T>,
  timeoutMs: number,
  onTimeout: (error: TransactionTimeoutError) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new TransactionTimeoutError(timeoutMs)
      onTimeout(error)
      reject(error)
    }, timeoutMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
