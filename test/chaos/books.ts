import type { AccountRow, HistoryRow, HoldingRow, Storage } from '../../src/storage/contract.ts'

/** Everything that is stored of an app. */
export interface Books {
  readonly accounts: readonly AccountRow[]
  readonly holdings: readonly HoldingRow[]
  /** In order of user, version and line. */
  readonly history: readonly HistoryRow[]
}

/** Reads all the books of an app, of one moment. */
export async function readBooks(storage: Storage, app: string): Promise<Books> {
  const snapshot = await storage.snapshot()
  try {
    const accounts: AccountRow[] = []
    for (let page = await snapshot.accounts(app, '', 500); page.length > 0;) {
      accounts.push(...page)
      page = await snapshot.accounts(app, page.at(-1)?.user ?? '', 500)
    }
    const history: HistoryRow[] = []
    let last: { user: string; version: bigint; line: number } = { user: '', version: 0n, line: 0 }
    for (let page = await snapshot.history(app, last, null, 5_000); page.length > 0;) {
      history.push(...page)
      last = page.at(-1) ?? last
      page = await snapshot.history(app, last, null, 5_000)
    }
    return { accounts, holdings: await snapshot.holdings(app, '', null), history }
  } finally {
    await snapshot.end()
  }
}
