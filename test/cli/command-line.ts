import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { root } from '../tidy/source-file.ts'

/** What a command left behind. */
export interface Ended {
  /** Its exit code, or null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a command is started. */
export interface StartOptions {
  /** The folder that it runs in. */
  readonly folder?: string
  /** The storage's URL, as the environment says it. */
  readonly storage?: string
  /** Further environment variables. */
  readonly variables?: Readonly<Record<string, string>>
  /** Arguments for node itself. */
  readonly nodeArgs?: readonly string[]
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
}

// Spares every process two thirds of its start: the types are taken out of the source once.
const compileCache = join(root, 'node_modules/.cache/stockpile/command-line')

/** Starts the command line in a process of its own, as a shell would. */
export function startCommand(args: readonly string[], options: StartOptions = {}): Running {
  const { folder, storage, variables = {}, nodeArgs = [] } = options
  const child = spawn(process.execPath, [...nodeArgs, join(root, 'src/cli/main.ts'), ...args], {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: compileCache,
      ...(storage === undefined ? {} : { STOCKPILE_STORAGE: storage }),
      ...variables,
    },
  })
  // A command that ends without reading its input is no fault of the test's.
  child.stdin.on('error', () => undefined)
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...texts }))
  })
  return { child, ended }
}

/** Runs a command to its end; `input` is what it reads from standard input. */
export async function runCommand(
  args: readonly string[],
  options: StartOptions & { input?: string } = {},
): Promise<Ended> {
  const { child, ended } = startCommand(args, options)
  child.stdin.end(options.input ?? '')
  return ended
}

/** What a command that was asked for JSON has printed. */
export function jsonOf({ stdout }: Ended): unknown {
  return JSON.parse(stdout)
}
