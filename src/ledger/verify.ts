import { toMoves } from './history.ts'
import type { AccountRow, HistoryRow, HoldingRow, SerialRow, Snapshot, Storage } from '../storage/contract.ts'

/** How `verify` tells how far it is. */
export interface VerifyOptions {
  /** Called after every page of accounts; `accounts` in all may be an estimate. */
  readonly onProgress?: ((progress: { readonly done: number; readonly accounts: number }) => void) | undefined
}

/** What `verify` found. */
export interface VerifyReport {
  readonly app: string
  /** How many accounts were checked. */
  readonly accounts: number
  /** How many entries of history were checked. */
  readonly entries: number
  /** Everything that is not as it must be; empty when the books are in order. */
  readonly breaks: readonly Break[]
}

/** A place where the books don't add up (I8). */
export interface Break {
  readonly app: string
  readonly user: string
  /** The item, where it is about one. */
  readonly item: string | null
  /**
   * - `version-gap`: the versions or lines of the history don't follow one another without a gap;
   * - `balance`: an entry's balance is not the one before it plus its change;
   * - `holding`: the holding is not what the history adds up to;
   * - `serials`: the serials are not those that the history adds up to;
   * - `account-version`: the account's version is not that of its last entry;
   * - `no-account`: holdings or history without an account.
   */
  readonly rule: 'version-gap' | 'balance' | 'holding' | 'serials' | 'account-version' | 'no-account'
  /** What is wrong, in words, with the numbers. */
  readonly message: string
  /** The rows that disagree. */
  readonly rows: readonly (AccountRow | HoldingRow | SerialRow | HistoryRow)[]
}

// Pages keep the memory flat and each snapshot short, so that the check can run beside the work.
const accountsPage = 500
const entriesPage = 5_000

/**
 * Checks that the history of every account adds up to its holdings and that its versions have no gap (I8). Every page of accounts is
 * read in one snapshot, so work may go on meanwhile.
 */
export async function verifyApp(storage: Storage, app: string, options: VerifyOptions): Promise<VerifyReport> {
  const breaks: Break[] = []
  let accounts = 0
  let entries = 0
  let total: number | null = null
  for (let after: string | null = ''; after !== null;) {
    const snapshot = await storage.snapshot()
    try {
      total ??= await snapshot.accountCount(app)
      const page = await verifyPage(snapshot, app, after)
      breaks.push(...page.breaks)
      accounts += page.accounts
      entries += page.entries
      after = page.next
    } finally {
      await snapshot.end()
    }
    options.onProgress?.({ done: accounts, accounts: Math.max(total, accounts) })
  }
  return { app, accounts, entries, breaks }
}

async function verifyPage(
  snapshot: Snapshot,
  app: string,
  after: string,
): Promise<{ breaks: Break[]; accounts: number; entries: number; next: string | null }> {
  const accounts = await snapshot.accounts(app, after, accountsPage)
  const isLast = accounts.length < accountsPage
  const upTo = isLast ? null : accounts.at(-1)!.user
  const books = new Map<string, Book>()
  const bookOf = (user: string): Book => {
    let book = books.get(user)
    if (book === undefined) books.set(user, (book = new Book(app, user)))
    return book
  }
  for (const account of accounts) bookOf(account.user).account = account
  for (const holding of await snapshot.holdings(app, after, upTo)) bookOf(holding.user).holdings.push(holding)
  for (const serial of await snapshot.serials(app, after, upTo)) bookOf(serial.user).serials.push(serial)
  let entries = 0
  // Everything of `after` itself belongs to the page before: no version of it is above the largest there can be.
  let position = { user: after, version: 2n ** 63n - 1n, line: 2 ** 31 - 1 }
  for (;;) {
    const rows = await snapshot.history(app, position, upTo, entriesPage)
    for (const row of rows) bookOf(row.user).read(row)
    entries += rows.length
    const last = rows.at(-1)
    if (last === undefined || rows.length < entriesPage) break
    position = { user: last.user, version: last.version, line: last.line }
  }
  const breaks = [...books.values()].flatMap((book) => book.close())
  return { breaks, accounts: accounts.length, entries, next: upTo }
}

/** What is known of one account while its rows go by. */
class Book {
  account: AccountRow | null = null
  readonly holdings: HoldingRow[] = []
  readonly serials: SerialRow[] = []
  readonly #app: string
  readonly #user: string
  readonly #breaks: Break[] = []
  readonly #lastOfItem = new Map<string, HistoryRow>()
  /** The item of each serial that the history adds up to. */
  readonly #itemOfSerial = new Map<bigint, string>()
  #last: HistoryRow | null = null

  constructor(app: string, user: string) {
    this.#app = app
    this.#user = user
  }

  /** Takes the next entry, in order of version and line. */
  read(row: HistoryRow): void {
    const before = this.#last
    const isNextLine = row.version === before?.version && row.line === before.line + 1
    const isNextVersion = row.version === (before?.version ?? 0n) + 1n && row.line === 1
    if (!isNextLine && !isNextVersion) {
      const place = before === null ? 'the start' : `version ${before.version}, line ${before.line}`
      this.#break(
        'version-gap',
        null,
        `version ${row.version}, line ${row.line} does not follow ${place}`,
        before === null ? [row] : [before, row],
      )
    }
    const beforeOfItem = this.#lastOfItem.get(row.item)
    const balance = (beforeOfItem?.balance ?? 0n) + row.change
    if (row.balance !== balance) {
      const message = `version ${row.version} says that ${row.balance} were left; ${beforeOfItem?.balance ?? 0n} and ${row.change} make ${balance}`
      this.#break('balance', row.item, message, beforeOfItem === undefined ? [row] : [beforeOfItem, row])
    }
    if (row.serials !== null) this.#readSerials(row, row.serials)
    this.#lastOfItem.set(row.item, row)
    this.#last = row
  }

  /** Compares account and holdings with the history, when all of it went by. */
  close(): readonly Break[] {
    if (this.account === null) {
      const rows = [...this.holdings, ...this.serials, ...(this.#last === null ? [] : [this.#last])]
      this.#break('no-account', null, 'there are holdings or history, and no account', rows)
      return this.#breaks
    }
    const version = this.#last?.version ?? 0n
    if (this.account.version !== version) {
      const message = `the account is at version ${this.account.version}, and its history ends at version ${version}`
      this.#break('account-version', null, message, this.#last === null ? [this.account] : [this.account, this.#last])
    }
    this.#compareHoldings()
    this.#compareSerials()
    return this.#breaks
  }

  #readSerials({ item }: HistoryRow, text: string): void {
    const moves = toMoves(text)
    for (const serial of moves.out) this.#itemOfSerial.delete(serial)
    for (const serial of moves.in) this.#itemOfSerial.set(serial, item)
  }

  #compareSerials(): void {
    const missing = new Map(this.#itemOfSerial)
    for (const row of this.serials) {
      if (missing.get(row.serial) === row.item) missing.delete(row.serial)
      else this.#break('serials', row.item, `serial ${row.serial} is there, and the history does not say so`, [row])
    }
    for (const [serial, item] of missing)
      this.#break('serials', item, `serial ${serial} is not there, and the history says it is`, [])
  }

  #compareHoldings(): void {
    const held = new Map(this.holdings.map((holding) => [holding.item, holding]))
    for (const item of new Set([...held.keys(), ...this.#lastOfItem.keys()])) {
      const holding = held.get(item)
      const entry = this.#lastOfItem.get(item)
      const total = (holding?.quantity ?? 0n) + BigInt(holding?.serials ?? 0)
      if (total === (entry?.balance ?? 0n)) continue
      const message = `${total} are held, and the history adds up to ${entry?.balance ?? 0n}`
      this.#break('holding', item, message, [
        ...(holding === undefined ? [] : [holding]),
        ...(entry === undefined ? [] : [entry]),
      ])
    }
  }

  #break(rule: Break['rule'], item: string | null, message: string, rows: Break['rows']): void {
    const about = item === null ? '' : `, item ${item}`
    this.#breaks.push({
      app: this.#app,
      user: this.#user,
      item,
      rule,
      message: `user ${this.#user} of ${this.#app}${about}: ${message}`,
      rows,
    })
  }
}
