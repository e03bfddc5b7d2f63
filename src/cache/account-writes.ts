import type { AppWrites } from '../storage/contract.ts'

const kinds = [
  'holdingsGone',
  'holdingsChanged',
  'holdingsNew',
  'serialsGone',
  'serialsChanged',
  'serialsNew',
] as const satisfies readonly (keyof AppWrites)[]

/** What was written to one account at once: its part of `AppWrites`. */
export type AccountWrites = Pick<AppWrites, (typeof kinds)[number]>

type Part = { [kind in keyof AccountWrites]: AccountWrites[kind][number][] }

/**
 * Parts what a transaction wrote by account: once for all of them, as each would have to look through everybody's rows otherwise.
 *
 * @returns by app and user, with a blank between; what was written to it, in order
 */
export function accountWrites(writes: readonly AppWrites[]): Map<string, AccountWrites[]> {
  const accounts = new Map<string, AccountWrites[]>()
  for (const some of writes) {
    const parts = new Map<string, Part>()
    for (const kind of kinds) {
      for (const row of some[kind]) {
        let part = parts.get(row.user)
        if (part === undefined) parts.set(row.user, (part = emptyPart()))
        ;(part[kind] as (typeof row)[]).push(row)
      }
    }
    for (const [user, part] of parts) {
      const name = `${some.app} ${user}`
      const known = accounts.get(name)
      if (known === undefined) accounts.set(name, [part])
      else known.push(part)
    }
  }
  return accounts
}

function emptyPart(): Part {
  return {
    holdingsGone: [],
    holdingsChanged: [],
    holdingsNew: [],
    serialsGone: [],
    serialsChanged: [],
    serialsNew: [],
  }
}
