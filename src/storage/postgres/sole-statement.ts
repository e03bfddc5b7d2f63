import { InvalidArgumentError } from '../../errors.ts'

// Blanks, semicolons and comments may stand before the first word.
const endingPattern =
  /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*(?:BEGIN|START|COMMIT|END|ABORT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b/i

/**
 * Refuses what would end or nest a transaction that is somebody else's to end. Several statements in one text are refused by the server.
 *
 * @throws InvalidArgumentError
 */
export function requireSoleStatement(sql: string): void {
  if (!endingPattern.test(sql)) return
  throw new InvalidArgumentError(
    'sql',
    sql,
    'one statement that leaves the transaction open: no BEGIN, SAVEPOINT, COMMIT or ROLLBACK',
  )
}
