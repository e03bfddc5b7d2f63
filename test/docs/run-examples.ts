import { pathToFileURL } from 'node:url'

// Runs the programs in the folders that are given, one after the other in one process, for starting one for each would take most of the
// time. Prints a line for each: `outcome: ` and as JSON why it failed, or null.
for (const folder of process.argv.slice(2)) {
  process.chdir(folder)
  let failure: string | null = null
  try {
    await import(pathToFileURL(`${folder}/example.mts`).href)
  } catch (error) {
    failure = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  }
  process.stderr.write(`outcome: ${JSON.stringify(failure)}\n`)
}
