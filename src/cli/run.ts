import process from 'node:process'
import type { Writable } from 'node:stream'
import { makeProgram } from './program.ts'
import { reportFailure } from './report-failure.ts'

/**
 * Runs the command line: parses the arguments, does the command and prints what comes of it.
 *
 * @param args the arguments after the program's name
 * @returns the exit code; never rejects
 */
export async function run(args: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) forgiveClosing(stream)
  const state = { exitCode: 0 }
  try {
    await makeProgram(state).parseAsync(args, { from: 'user' })
    return state.exitCode
  } catch (error) {
    return reportFailure(error, args.includes('--json'))
  }
}

/** Whoever reads the output may stop reading (`| head`). That is no failure, and what is being done is still done to its end. */
function forgiveClosing(stream: Writable): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
  })
}
