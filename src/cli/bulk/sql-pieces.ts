/** What the languages of the databases differ in, as far as it says where a statement ends. */
export type SqlDialect = 'sqlite' | 'mysql' | 'postgres'

/**
 * A piece of SQL text: `blank` is white space and comments, `aside` a text, a quoted name or a comment that a server carries out, `open` what is
 * never closed.
 */
export interface Piece {
  readonly kind: 'blank' | 'aside' | 'word' | 'symbol' | 'open'
  readonly start: number
  /** Of an open one, the end of the text. */
  readonly end: number
}

interface Grammar {
  readonly lineComment: RegExp
  /** The quotes of texts and names, and what closes them. */
  readonly quotes: Readonly<Record<string, string>>
  /** The quotes inside which a backslash makes the next character an ordinary one. */
  readonly backslashQuotes: string
}

const grammars: Readonly<Record<SqlDialect, Grammar>> = {
  sqlite: {
    lineComment: /--[^\n]*/y,
    quotes: { "'": "'", '"': '"', '`': '`', '[': ']' },
    backslashQuotes: '',
  },
  mysql: {
    // Two dashes that nothing blank follows are two minus signs.
    lineComment: /(?:#|--(?![!-\uffff]))[^\n]*/y,
    quotes: { "'": "'", '"': '"', '`': '`' },
    backslashQuotes: `'"`,
  },
  postgres: {
    lineComment: /--[^\n\r]*/y,
    quotes: { "'": "'", '"': '"' },
    backslashQuotes: '',
  },
}

const blanks = /[ \t\n\v\f\r]+/y
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const digits = /\d+/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const carriedOut = /\/\*M?!/y
// PostgreSQL goes on with a text in the next line as if it had not ended.
const continuation = /(?:[ \t\v\f]|--[^\n\r]*)*[\n\r](?:[ \t\n\v\f\r]|--[^\n\r]*[\n\r])*'/y

/** The piece of a SQL text that begins somewhere outside of all others. */
export function pieceAt(text: string, start: number, dialect: SqlDialect): Piece {
  const { lineComment, quotes } = grammars[dialect]
  const blankEnd = endOf(blanks, text, start) ?? endOf(lineComment, text, start)
  if (blankEnd !== null) return { kind: 'blank', start, end: blankEnd }
  if (text.startsWith('/*', start)) return commentAt(text, start, dialect)
  if (quotes[text.charAt(start)] !== undefined) return closed(text, start, quoteEnd(text, start, dialect), 'aside')
  const tagEnd = dialect === 'postgres' ? endOf(dollarTag, text, start) : null
  if (tagEnd !== null) return closed(text, start, dollarTextEnd(text, start, tagEnd), 'aside')
  const wordEnd = endOf(word, text, start) ?? endOf(digits, text, start)
  if (wordEnd === null) return { kind: 'symbol', start, end: start + 1 }
  const isEscape = dialect === 'postgres' && /^e$/i.test(text.slice(start, wordEnd)) && text.charAt(wordEnd) === "'"
  if (isEscape) return closed(text, start, escapeTextEnd(text, wordEnd), 'aside')
  return { kind: 'word', start, end: wordEnd }
}

function endOf(pattern: RegExp, text: string, start: number): number | null {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : null
}

function closed(text: string, start: number, end: number | null, kind: 'aside' | 'blank'): Piece {
  return end === null ? { kind: 'open', start, end: text.length } : { kind, start, end }
}

function quoteEnd(text: string, start: number, dialect: SqlDialect): number | null {
  const { quotes, backslashQuotes } = grammars[dialect]
  const first = text.charAt(start)
  return closedAt(text, start, quotes[first] ?? first, backslashQuotes.includes(first))
}

/** Where what is quoted ends. A quote that stands twice is one inside, but for brackets. */
function closedAt(text: string, start: number, close: string, hasBackslash: boolean): number | null {
  const special = hasBackslash ? /['"\\]/g : null
  for (let at = start + 1; ;) {
    if (special === null) at = text.indexOf(close, at)
    else {
      special.lastIndex = at
      at = special.exec(text)?.index ?? -1
    }
    if (at === -1) return null
    const found = text.charAt(at)
    if (found === close && (close === ']' || text.charAt(at + 1) !== close)) return at + 1
    // A backslash, or a quote that stands twice, takes the next character along; the other quote is an ordinary character.
    at += found === '\\' || found === close ? 2 : 1
  }
}

/** Where a text of PostgreSQL's ends in which a backslash means something, those in the next lines that go on with it included. */
function escapeTextEnd(text: string, start: number): number | null {
  let end = closedAt(text, start, "'", true)
  while (end !== null) {
    const next = endOf(continuation, text, end)
    if (next === null) return end
    end = closedAt(text, next - 1, "'", true)
  }
  return null
}

function dollarTextEnd(text: string, start: number, tagEnd: number): number | null {
  const tag = text.slice(start, tagEnd)
  const end = text.indexOf(tag, tagEnd)
  return end === -1 ? null : end + tag.length
}

function commentAt(text: string, start: number, dialect: SqlDialect): Piece {
  if (dialect === 'postgres') return closed(text, start, nestedCommentEnd(text, start), 'blank')
  const close = text.indexOf('*/', start + 2)
  const inside = dialect === 'mysql' ? endOf(carriedOut, text, start) : null
  if (close === -1 || inside === null) return closed(text, start, close === -1 ? null : close + 2, 'blank')
  // Servers differ in whether it is a comment to them, and so in where something ends that begins inside of it.
  let at = inside
  while (at < close) at = pieceAt(text, at, dialect).end
  return closed(text, start, at === close ? close + 2 : null, 'aside')
}

function nestedCommentEnd(text: string, start: number): number | null {
  const bound = /\/\*|\*\//g
  bound.lastIndex = start
  let depth = 0
  for (let match = bound.exec(text); match !== null; match = bound.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return bound.lastIndex
  }
  return null
}
