import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serverUser } from './server-user.ts'

const run = promisify(execFile)

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/stockpile/', import.meta.url))

/**
 * Fills a server's data folder, quickly: a server's first data takes seconds to make, so it is made once, kept
 * below `node_modules`, and copied from then on.
 *
 * @param folder where the data shall be; must not exist yet, and its parent must belong to the server user
 * @param recipe everything the data depends on, such as the server's version and the arguments that make it
 * @param make makes the data in `folder`; called only where no copy is at hand
 */
export async function fillDataFolder(folder: string, recipe: string, make: () => Promise<void>): Promise<void> {
  const template = join(cacheFolder, createHash('sha256').update(recipe).digest('hex').slice(0, 16))
  if (existsSync(template)) {
    await copyFolder(template, folder)
    const user = serverUser()
    if (user !== undefined) await run('chown', ['-R', `${user.uid}:${user.gid}`, folder])
    return
  }
  await make()
  await keepAs(template, folder)
}

async function keepAs(template: string, folder: string): Promise<void> {
  const draft = `${template}-${process.pid}`
  await mkdir(dirname(template), { recursive: true })
  await rm(draft, { recursive: true, force: true })
  await copyFolder(folder, draft)
  try {
    // Renamed in one step, so that nobody copies a template that is half written.
    await rename(draft, template)
  } catch {
    // Another process was quicker; its template is as good.
    await rm(draft, { recursive: true, force: true })
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await run('cp', ['-Rp', from, to])
}
