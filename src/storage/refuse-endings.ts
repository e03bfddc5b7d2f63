import { InvalidArgumentError } from '../errors.ts'

/**
 * What refuses statements that would end or nest a transaction that is somebody else's to end.
 *
 * @param words with which such statements begin, as alternatives of a regular expression
 * @returns throws InvalidArgumentError for such a statement
 */
export function refuseEndings(words: string): (sql: string) => void {
  // Blanks, semicolons and comments may stand before the first word.
  const pattern = new RegExp(String.raw`^(?:[\s;]|--[^\n]*(?:\n|$)|/\*[\s\S]*?(?:\*/|$))*(?:${words})\b`, 'i')
  const rule = 'one statement that leaves the transaction open: no BEGIN, SAVEPOINT, COMMIT or ROLLBACK'
  return (sql) => {
    if (pattern.test(sql)) throw new InvalidArgumentError('sql', sql, rule)
  }
}
