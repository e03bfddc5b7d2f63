import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../tidy/source-file.ts'

const execute = promisify(execFile)

/** What a program printed, and how it ended. */
export interface Run {
  readonly code: number
  readonly output: string
}

/** Runs a program of Node's in a folder, and waits for it. */
export async function runNode(folder: string, args: readonly string[]): Promise<Run> {
  try {
    const { stdout, stderr } = await execute(process.execPath, args, { cwd: folder, timeout: 60_000 })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, output: stdout + stderr }
  }
}

/** The version that this repository has of a package. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The package as it would be published, and projects that have installed it, in a temporary folder. */
export class PackageLab implements AsyncDisposable {
  readonly #folder: string
  /** The archive that would be published. */
  readonly archive: string
  /** The paths in it. */
  readonly files: readonly string[]

  private constructor(folder: string, archive: string, files: readonly string[]) {
    this.#folder = folder
    this.archive = archive
    this.files = files
  }

  /** Builds the package from source and packs it. */
  static async open(): Promise<PackageLab> {
    const folder = await mkdtemp(join(tmpdir(), 'stockpile-package-'))
    const source = join(folder, 'package')
    await mkdir(source)
    // What is to stay at home as well, so that it can be seen to stay.
    for (const name of [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'ARCHITECTURE.md',
      'src',
      'test/tidy',
    ]) {
      await cp(join(root, name), join(source, name), { recursive: true })
    }
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const built = await runNode(root, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(source, 'dist')])
    if (built.code !== 0) throw new Error(`the package can't be built:\n${built.output}`)
    const packed = await npm(source, ['pack', '--json', '--pack-destination', folder])
    const [pack] = Object.values(JSON.parse(packed) as Record<string, { filename: string; files: { path: string }[] }>)
    if (pack === undefined) throw new Error(`npm packed nothing: ${packed}`)
    const files = pack.files.map(({ path }) => path).sort()
    return new PackageLab(folder, join(folder, pack.filename), files)
  }

  /**
   * Makes a project that has installed the package, with others beside it.
   *
   * @returns its folder
   */
  async install(name: string, others: readonly string[] = []): Promise<string> {
    const folder = join(this.#folder, name)
    await mkdir(folder)
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
    const versions = await Promise.all(others.map(async (other) => `${other}@${await versionOf(other)}`))
    await npm(folder, [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      this.archive,
      ...versions,
    ])
    return folder
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function npm(folder: string, args: readonly string[]): Promise<string> {
  const script = process.env['npm_execpath']
  const [program, first] = script === undefined ? ['npm', []] : [process.execPath, [script]]
  const { stdout } = await execute(program, [...first, ...args, '--loglevel=error'], { cwd: folder, timeout: 120_000 })
  return stdout
}
