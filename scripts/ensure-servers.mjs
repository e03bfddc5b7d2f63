import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { findProgram } from './find-program.mjs'
import { fail } from './prepare.mjs'

/**
 * The servers that the tests start by themselves, apart from PostgreSQL, which npm brings. `services` are what their packages would start
 * now and with the machine.
 */
const servers = [
  {
    name: 'MariaDB',
    programs: ['mariadbd', 'mariadb-install-db'],
    // The programs alone: these two packages neither start a server nor make data of their own, as mariadb-server does.
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    services: [],
    formula: 'mariadb',
    elsewhere: 'MariaDB 10.11 or newer, with mariadbd',
  },
  {
    name: 'memcached',
    programs: ['memcached'],
    packages: ['memcached'],
    services: ['memcached'],
    formula: 'memcached',
    elsewhere: 'memcached 1.6.13 or newer',
  },
  {
    name: 'Redis',
    programs: ['redis-server'],
    packages: ['redis-server'],
    services: ['redis-server'],
    formula: 'redis',
    elsewhere: 'Redis 7.0 or newer, with redis-server',
  },
]

// Debian asks this program before it starts a service; 101 is its word for "don't".
const policyFile = '/usr/sbin/policy-rc.d'

/**
 * Sees to it that the servers' programs are installed. On Debian and its relatives root gets them installed, without their services being
 * started, now or with the machine; everybody else is told how to, and the process ends.
 */
export function ensureServers() {
  const missing = servers.filter((server) => !isInstalled(server))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  const lacking = `The tests need the programs of ${names}, which are not installed.`
  if (!existsSync('/usr/bin/apt-get')) {
    const formulas = `brew install ${missing.map(({ formula }) => formula).join(' ')}`
    const others = missing.map(({ elsewhere }) => elsewhere).join('; ')
    fail(`${lacking} Please install: ${process.platform === 'darwin' ? formulas : others}`)
  }
  const install = `apt-get install -y --no-install-recommends ${missing.flatMap(({ packages }) => packages).join(' ')}`
  if (process.getuid?.() !== 0) fail(`${lacking} Please run: sudo ${install}`)
  console.log(`Installing the programs of ${names}, which the tests need: this happens only once.`)
  const quietly = '-qq -o DPkg::Lock::Timeout=300'
  const isDone = withoutServices(() => runShell(`apt-get update ${quietly} && ${install} ${quietly}`))
  for (const service of missing.flatMap(({ services }) => services)) runShell(`update-rc.d ${service} disable`)
  if (!isDone || !missing.every(isInstalled)) {
    fail(`${names} could not be installed. Please run: apt-get update && ${install}`)
  }
}

/** @param {{ readonly programs: readonly string[] }} server */
function isInstalled({ programs }) {
  return programs.every((program) => findProgram(program) !== undefined)
}

/**
 * Runs something while packages that are installed start no services.
 *
 * @param {() => boolean} work
 */
function withoutServices(work) {
  // A container has such a policy already, and it is not ours to delete.
  if (existsSync(policyFile)) return work()
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policyFile)
  }
}

/** @param {string} command */
function runShell(command) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync('sh', ['-c', command], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  return status === 0
}
