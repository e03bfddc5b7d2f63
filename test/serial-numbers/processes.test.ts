// The titles of the tests and what they expect are in one function.
// oxlint-disable vitest/expect-expect
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { createDatabase } from '../servers/create-database.ts'

const program = fileURLToPath(new URL('./number-process.ts', import.meta.url))
const each = 250_000

interface Run {
  readonly first: bigint
  readonly last: bigint
}

/** Runs of neighbouring numbers that a process got, whose clock is late by `lag` milliseconds. */
async function runsOf(url: string, lag: number): Promise<Run[]> {
  const child = spawn(process.execPath, [program, url, String(each), String(lag)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(code).toBe(0)
  return (JSON.parse(output) as [string, string][]).map(([first, last]) => ({
    first: BigInt(first),
    last: BigInt(last),
  }))
}

async function expectUnique(url: string): Promise<void> {
  const processes = await Promise.all([0, 0, 60_000, 86_400_000].map((lag) => runsOf(url, lag)))
  for (const runs of processes)
    expect(runs.every(({ first }, index) => index === 0 || first > runs[index - 1]!.last)).toBe(true)
  const all = processes.flat().sort((left, right) => (left.first < right.first ? -1 : 1))
  expect(all.every(({ first }, index) => index === 0 || first > all[index - 1]!.last)).toBe(true)
  expect(all.reduce((sum, { first, last }) => sum + last - first + 1n, 0n)).toBe(BigInt(4 * each))
}

test('four processes, two of them with late clocks, take a million numbers of one SQLite file without a duplicate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-test-'))
  try {
    await expectUnique(`sqlite:${join(folder, 'numbers.db')}`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('four processes take a million numbers of one MariaDB without a duplicate', async () => {
  await using database = await createDatabase(inject('mysqlUrl'))
  await expectUnique(database.url)
})

test('four processes take a million numbers of one PostgreSQL without a duplicate', async () => {
  await using database = await createDatabase(inject('postgresUrl'))
  await expectUnique(database.url)
})
