import assert from 'node:assert/strict'
import type {
  AccountRow,
  HistoryRow,
  HoldingRow,
  Loaded,
  Names,
  ReceiptRow,
  SerialRow,
  Writes,
} from '../../src/storage/contract.ts'

/** Rows in memory, with the constraints that the tables have. */
export class Rows {
  readonly accounts = new Map<string, AccountRow>()
  readonly holdings = new Map<string, HoldingRow>()
  /** By app and serial, which are unique together (I3). */
  readonly serials = new Map<string, SerialRow>()
  readonly receipts = new Map<string, ReceiptRow>()
  readonly history: HistoryRow[] = []

  /** What is found of what is named; accounts of `held` are skipped. */
  load(names: Names, held: ReadonlySet<string> = new Set()): Loaded {
    const users = names.apps.flatMap(({ app, users: ofApp }) => ofApp.map((user) => ({ app, user })))
    return {
      accounts: users.flatMap(({ app, user }) =>
        held.has(nameOf(app, user)) ? [] : found(this.accounts, nameOf(app, user)),
      ),
      holdings: names.apps.flatMap(({ app, holdings }) =>
        holdings.flatMap(({ user, item }) => found(this.holdings, nameOf(app, user, item))),
      ),
      serials: [...this.serials.values()].filter((row) => isNamed(row, names)),
      receipts: names.keys.flatMap((key) => found(this.receipts, key)),
      skipped: users.filter(({ app, user }) => held.has(nameOf(app, user))),
      cache: null,
    }
  }

  /** Writes rows, and refuses what the tables would refuse. */
  save({ apps, receipts }: Omit<Writes, 'commit'>): void {
    for (const writes of apps) {
      for (const row of writes.accountsNew) insert(this.accounts, nameOf(row.app, row.user), row)
      for (const row of writes.accountsChanged) update(this.accounts, nameOf(row.app, row.user), row)
      for (const { app, user, item, serial } of writes.serialsGone) {
        const row = this.serials.get(nameOf(app, serial.toString()))
        assert.ok(row?.user === user && row.item === item, `serial ${serial} is there to be deleted`)
        this.serials.delete(nameOf(app, serial.toString()))
      }
      for (const row of writes.serialsChanged) {
        const before = this.serials.get(nameOf(row.app, row.serial.toString()))
        assert.ok(before?.user === row.user && before.item === row.item)
        this.serials.set(nameOf(row.app, row.serial.toString()), row)
      }
      for (const row of writes.serialsNew) insert(this.serials, nameOf(row.app, row.serial.toString()), row)
      for (const { app, user, item } of writes.holdingsGone) assert.ok(this.holdings.delete(nameOf(app, user, item)))
      for (const row of writes.holdingsChanged) update(this.holdings, nameOf(row.app, row.user, row.item), row)
      for (const row of writes.holdingsNew) insert(this.holdings, nameOf(row.app, row.user, row.item), row)
      this.history.push(...writes.history)
    }
    for (const row of receipts) insert(this.receipts, row.key, row)
    for (const { app, user, item, quantity, serials } of this.holdings.values()) {
      assert.ok(quantity >= 0n && quantity < 2n ** 63n && (quantity > 0n || serials > 0))
      const kept = [...this.serials.values()].filter((row) => row.app === app && row.user === user && row.item === item)
      assert.equal(kept.length, serials)
    }
    for (const { app, user, item } of this.serials.values()) assert.ok(this.holdings.has(nameOf(app, user, item)))
  }
}

function isNamed({ app, user, item, serial }: SerialRow, { apps }: Names): boolean {
  return apps.some(
    (names) =>
      names.app === app &&
      (names.serials.includes(serial) ||
        names.holdings.some((holding) => holding.hasSerials && holding.user === user && holding.item === item)),
  )
}

/** An account, or an item of it, as a key. */
export function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

function found<Row>(table: ReadonlyMap<string, Row>, name: string): Row[] {
  const row = table.get(name)
  return row === undefined ? [] : [row]
}

function insert<Row>(table: Map<string, Row>, name: string, row: Row): void {
  assert.ok(!table.has(name), `${name} is there already`)
  table.set(name, row)
}

function update<Row>(table: Map<string, Row>, name: string, row: Row): void {
  assert.ok(table.has(name), `${name} is not there`)
  table.set(name, row)
}
