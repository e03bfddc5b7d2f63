import { existsSync, readFileSync, rmSync, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Stockpile } from '../../src/index.ts'
import { openStorage } from '../../src/cli/storage-url.ts'
import { startCommand, type Ended } from './command-line.ts'
import type { CliDatabase } from './databases.ts'

/** The file of refused deals that these commands write. */
export const refusedName = 'refused.jsonl'

/** Everything that a run of `apply` leaves behind. */
export interface End {
  readonly holdings: ReadonlyMap<string, bigint>
  readonly refused: string
}

/** What is held, by `user item`, and the file of refused deals. */
export async function endOf({ url, folder }: CliDatabase, app: string, users: Iterable<string>): Promise<End> {
  await using stockpile = new Stockpile({ storage: await openStorage(url, 'read') })
  const holdings = new Map<string, bigint>()
  const accounts = [...users].map((user) => stockpile.tally(app, user))
  for (const { user, items } of await Promise.all(
    accounts.map(async (one) => ({ user: one.user, items: await one.all() })),
  ))
    for (const [item, quantity] of items) holdings.set(`${user} ${item}`, quantity)
  return { holdings, refused: await readFile(join(folder, refusedName), 'utf8') }
}

/**
 * Runs `apply` and sends it a signal while it works: when so many refused deals stand in its file, which it writes after every batch.
 *
 * @param input what it reads from standard input, which doesn't end: it can't be done before the signal
 */
export async function interruptApply(
  args: readonly string[],
  { url, folder }: CliDatabase,
  { signal, refusals, input }: { readonly signal: NodeJS.Signals; readonly refusals: number; readonly input?: string },
): Promise<Ended> {
  const file = join(folder, refusedName)
  // What an earlier run left there doesn't count.
  rmSync(file, { force: true })
  let isSent = false
  const watcher = watch(folder, (_event, name) => {
    if (isSent || name !== refusedName || !existsSync(file)) return
    // A second Ctrl-C would mean something else.
    if (readFileSync(file, 'utf8').split('\n').length > refusals) isSent = child.kill(signal)
  })
  const { child, ended } = startCommand(args, { folder, storage: url })
  if (input === undefined) child.stdin.end()
  else child.stdin.write(input)
  try {
    return await ended
  } finally {
    watcher.close()
  }
}
