import { DatabaseError } from '../../errors.ts'

// Texts, quoted names and comments, but for the comments that the server carries out.
const aside =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|(?:#|--(?=\s|$)).*|\/\*(?!M?!)[\s\S]*?\*\//gm

// What ends a transaction, or starts another, or leads away from the database of the tables.
const endingPattern =
  /^(?:ALTER|ANALYZE|BEGIN|CACHE|CHANGE|CHECK|COMMIT|CREATE|DROP|FLUSH|GRANT|IF|INSTALL|LOCK|OPTIMIZE|RELEASE|RENAME|REPAIR|RESET|REVOKE|ROLLBACK|SAVEPOINT|START|STOP|TRUNCATE|UNINSTALL|UNLOCK|USE|XA)\b|^SET\b.*\bAUTOCOMMIT\b/is
const temporaryPattern = /^(?:CREATE\s+(?:OR\s+REPLACE\s+)?|DROP\s+)TEMPORARY\s+TABLE\b/i

const rule =
  'one statement that leaves the transaction open: no DDL but for temporary tables, no TRUNCATE, LOCK, USE, SAVEPOINT, COMMIT or ROLLBACK'

/**
 * Refuses what can't be part of a transaction whose end is somebody else's: the server would commit what was done so far.
 *
 * @throws DatabaseError
 */
export function requireSoleStatement(sql: string): void {
  const plain = sql
    .replace(aside, (part) => (/^['"`]/.test(part) ? "''" : ' '))
    .replace(/[\s;]+$/, '')
    .replace(/^[\s(]+/, '')
  const isEnding = endingPattern.test(plain) && !temporaryPattern.test(plain)
  if (plain === '' || plain.includes(';') || isEnding)
    throw new DatabaseError(`a bulk change takes ${rule}; refused: ${sql}`, { sql })
}
