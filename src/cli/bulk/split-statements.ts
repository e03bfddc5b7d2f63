import { usageError } from '../command-errors.ts'
import { pieceAt, type Piece, type SqlDialect } from './sql-pieces.ts'

/** One statement of a file. */
export interface Statement {
  /** The line that it begins in, from 1. */
  readonly line: number
  /** Without the semicolon at its end. */
  readonly sql: string
}

/**
 * Splits a SQL text into its statements, as the database's own shell would: what stands in texts, quoted names, comments, and between BEGIN and
 * END of a routine or a trigger, ends none.
 *
 * @param name what the text is called in messages
 * @returns the statements in order; none for a text of blanks and comments
 * @throws a usage error for what is never closed, and for commands of a shell that are no SQL
 */
export function splitStatements(name: string, text: string, dialect: SqlDialect): Statement[] {
  const statements: Statement[] = []
  const lines = new LineCounter(text)
  for (let at = 0; at < text.length;) {
    const { first, end } = statementAt(name, text, at, dialect)
    at = end + 1
    if (first === null) continue
    statements.push({ line: lines.at(first.start), sql: text.slice(first.start, end).trimEnd() })
  }
  return statements
}

/** Where the statement begins and ends that is next; `first` is null where there is none before the next semicolon. */
function statementAt(
  name: string,
  text: string,
  start: number,
  dialect: SqlDialect,
): { readonly first: Piece | null; readonly end: number } {
  let first: Piece | null = null
  const body = dialect === 'postgres' ? new PostgresBody() : dialect === 'sqlite' ? new SqliteBody() : null
  for (let at = start; at < text.length;) {
    const piece = pieceAt(text, at, dialect)
    at = piece.end
    if (piece.kind === 'open') throw usageError(openMessage(name, text, piece.start))
    if (piece.kind === 'blank') continue
    const token = piece.kind === 'aside' ? '' : text.slice(piece.start, piece.end).toUpperCase()
    body?.add(token, piece.kind === 'word')
    if (token === ';' && body?.isOpen !== true) return { first, end: piece.start }
    if (first === null) refuseShellCommand(name, text, piece, dialect)
    first ??= piece
  }
  return { first, end: text.length }
}

function openMessage(name: string, text: string, start: number): string {
  const line = new LineCounter(text).at(start)
  const begins = text.slice(start, start + 2)
  if (begins !== '/*') return `${name}, line ${line}: a quote is opened and not closed before the end`
  return `${name}, line ${line}: a comment is opened and not closed, or not before what is opened inside of it`
}

/** Knows whether a semicolon stands inside of a statement, as psql does: in parentheses, or in the body of a routine. */
class PostgresBody {
  readonly #words: string[] = []
  #parentheses = 0
  #blocks = 0

  get isOpen(): boolean {
    return this.#parentheses > 0 || this.#blocks > 0
  }

  add(token: string, isWord: boolean): void {
    if (token === '(') this.#parentheses += 1
    else if (token === ')') this.#parentheses = Math.max(0, this.#parentheses - 1)
    if (!isWord) return
    if (this.#words.length < 4) this.#words.push(token)
    if (this.#parentheses > 0 || !/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b/.test(this.#words.join(' '))) return
    if (token === 'BEGIN' || (token === 'CASE' && this.#blocks > 0)) this.#blocks += 1
    else if (token === 'END') this.#blocks = Math.max(0, this.#blocks - 1)
  }
}

/** Knows whether a semicolon stands inside of a trigger, as SQLite does: up to the one that follows END, which follows another. */
class SqliteBody {
  readonly #words: string[] = []
  #lastTwo = ''
  isOpen = false

  add(token: string): void {
    if (this.#words.length < 3) this.#words.push(token)
    const isTrigger = /^CREATE (?:TEMP |TEMPORARY )?TRIGGER\b/.test(this.#words.join(' '))
    this.isOpen = isTrigger && !(token === ';' && this.#lastTwo === '; END')
    this.#lastTwo = `${this.#lastTwo.split(' ').at(-1) ?? ''} ${token}`
  }
}

/** Refuses what only the shells of the databases know. */
function refuseShellCommand(name: string, text: string, { start, end }: Piece, dialect: SqlDialect): void {
  const token = text.slice(start, end)
  const place = (): string => `${name}, line ${new LineCounter(text).at(start)}`
  if (/^delimiter$/i.test(token)) {
    throw usageError(
      `${place()}: DELIMITER is a command of the shell mysql and no SQL, and none of a bulk change's statements needs it: leave it out, and end statements with ;`,
    )
  }
  if ((token === '\\' && dialect === 'postgres') || (token === '.' && dialect === 'sqlite')) {
    const shell = dialect === 'postgres' ? 'psql' : 'sqlite3'
    throw usageError(
      `${place()}: lines that begin with ${token} are commands of the shell ${shell} and no SQL: leave them out`,
    )
  }
}

/** Tells which line a place is in; of several places, each at or behind the one before. */
class LineCounter {
  readonly #text: string
  #counted = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  at(place: number): number {
    for (let next = this.#text.indexOf('\n', this.#counted); next !== -1 && next < place;) {
      this.#line += 1
      this.#counted = next + 1
      next = this.#text.indexOf('\n', this.#counted)
    }
    return this.#line
  }
}
