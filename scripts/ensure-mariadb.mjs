import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { findMariaDb } from './find-mariadb.mjs'
import { fail } from './prepare.mjs'

// The programs alone: these two packages neither start a server nor make data of their own, as mariadb-server does.
const install = 'apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core'

/**
 * Sees to it that MariaDB's server program is installed. On Debian and its relatives root gets it installed; everybody
 * else is told how to, and the process ends.
 */
export function ensureMariaDb() {
  if (isInstalled()) return
  if (!existsSync('/usr/bin/apt-get')) {
    const command = process.platform === 'darwin' ? 'brew install mariadb' : 'MariaDB 10.11 or newer, with mariadbd'
    fail(`The tests need MariaDB's server program, which is not installed. Please install: ${command}`)
  }
  if (process.getuid?.() !== 0) {
    fail(`The tests need MariaDB's server program, which is not installed. Please run: sudo ${install}`)
  }
  console.log('Installing the server program of MariaDB, which the tests need: this happens only once.')
  const quietly = '-qq -o DPkg::Lock::Timeout=300'
  const command = `apt-get update ${quietly} && ${install} ${quietly}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync('sh', ['-c', command], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0 || !isInstalled()) fail(`MariaDB could not be installed. Please run: apt-get update && ${install}`)
}

function isInstalled() {
  return findMariaDb('mariadbd') !== undefined && findMariaDb('mariadb-install-db') !== undefined
}
