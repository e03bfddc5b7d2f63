import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidArgumentError, TransactionClosedError } from '../errors.ts'
import type { BulkSession, SqlAnswer, SqlParameter } from '../storage/cached-contract.ts'

/**
 * Runs one SQL statement of a bulk change, with the database's own places for parameters: `?`, or `$1` and so on in PostgreSQL.
 *
 * @throws InvalidArgumentError, DatabaseError and the other errors of the database; nothing of the bulk change can be committed then
 */
export type Sql = (statement: string, parameters?: readonly SqlParameter[]) => Promise<SqlAnswer>

/** Marks the chains of calls inside a bulk change, by the ledger that it belongs to. */
export const inBulk = new AsyncLocalStorage<object>()

/**
 * Runs the statements of a bulk change in its transaction and commits, or rolls back if anything failed.
 *
 * @param owner the ledger that it belongs to, whose inventories can't be used inside
 * @param commit commits, or rejects after rolling back
 */
export async function runBulk<T>(
  owner: object,
  session: BulkSession,
  work: (sql: Sql) => Promise<T>,
  commit: () => Promise<void>,
): Promise<T> {
  let isOpen = true
  // A statement that nobody waits for is a part of it too.
  let last: Promise<unknown> = Promise.resolve()
  const sql: Sql = (statement, parameters = []) => {
    if (!isOpen) return Promise.reject(new TransactionClosedError())
    const result = last.then(() => session.run(toStatement(statement), toParameters(parameters)))
    last = result
    // Whoever doesn't wait for a statement learns of its failure from the whole.
    result.catch(() => undefined)
    return result
  }
  let result
  try {
    result = await inBulk.run(owner, () => work(sql))
    isOpen = false
    await last
  } catch (error) {
    isOpen = false
    await last.catch(() => undefined)
    await session.rollback()
    throw error
  }
  await commit()
  return result
}

function toStatement(statement: unknown): string {
  if (typeof statement === 'string' && statement.trim() !== '') return statement
  throw new InvalidArgumentError('statement', statement, 'one SQL statement as text')
}

function toParameters(parameters: unknown): readonly SqlParameter[] {
  if (!Array.isArray(parameters)) throw new InvalidArgumentError('parameters', parameters, 'a list of parameters')
  for (const [index, parameter] of Array.from(parameters as unknown[]).entries()) {
    const isOne = parameter === null || ['string', 'number', 'bigint'].includes(typeof parameter)
    if (!isOne) throw new InvalidArgumentError(`parameters[${index}]`, parameter, 'text, a number, a bigint or null')
  }
  return parameters as readonly SqlParameter[]
}
