import type { AppWrites, Writes } from '../contract.ts'

/**
 * What a batch writes as it is told to the other thread, for the same reason as a batch itself: one flat list for each app, of its lists one after
 * the other, each with its length before it. What a cache doesn't ask for is left out: receipts, the row that says that it was committed, and most
 * of what the history says; every value costs both threads time, a bigint most of all.
 */
export type WritesMessage = readonly (readonly unknown[])[]

const holding = ['user', 'item', 'quantity', 'serials', 'position'] as const
const serial = ['user', 'item', 'serial', 'properties'] as const
const account = ['user', 'version'] as const

/** The fields of each list's rows that a cache asks for, besides the app. */
const fields: Readonly<Record<keyof Omit<AppWrites, 'app'>, readonly string[]>> = {
  accountsNew: account,
  accountsChanged: account,
  holdingsNew: holding,
  holdingsChanged: holding,
  holdingsGone: ['user', 'item'],
  serialsGone: serial,
  serialsChanged: serial,
  serialsNew: serial,
  history: ['user', 'version'],
}

const lists = Object.entries(fields) as [keyof typeof fields, readonly string[]][]

/** Makes the message of what is written. */
export function packWrites({ apps }: Writes): WritesMessage {
  return apps.map((writes) => {
    const values: unknown[] = [writes.app]
    for (const [list, names] of lists) {
      const rows = writes[list] as readonly object[] as readonly Readonly<Record<string, unknown>>[]
      values.push(rows.length)
      for (const row of rows) for (const name of names) values.push(row[name])
    }
    return values
  })
}

/** Makes what is written again from its message. */
export function unpackWrites(message: WritesMessage): Writes {
  const apps = message.map((values) => {
    const [app] = values
    let next = 1
    const writes: Record<string, unknown> = { app }
    for (const [list, names] of lists) {
      const rows: Record<string, unknown>[] = []
      for (let left = values[next++] as number; left > 0; left -= 1) {
        const row: Record<string, unknown> = { app }
        for (const name of names) row[name] = values[next++]
        rows.push(row)
      }
      writes[list] = rows
    }
    return writes as unknown as AppWrites
  })
  return { apps, receipts: [], commit: null }
}
