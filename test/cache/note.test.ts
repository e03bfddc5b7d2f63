import { spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import process from 'node:process'
import { expect, it } from 'vitest'
import { toCacheNote } from '../../src/cache/note.ts'
import { ownIdentity } from '../../src/cache/process-identity.ts'
import { register } from '../../src/cache/registration.ts'
import { memoryCache } from '../../src/index.ts'

it('a note tells the cache’s name, since when it is remembered, and which process has it', async () => {
  const before = Date.now()
  const { note } = await register(
    { cacheNote: async () => null, noteCache: async (_expected, text) => text },
    memoryCache(),
  )
  const { name, since, process: place, isAbandoned } = toCacheNote(note)
  expect(name).toMatch(/^memory:/)
  expect(since).toBeGreaterThanOrEqual(before)
  expect(since).toBeLessThanOrEqual(Date.now())
  expect(place).toEqual({ host: hostname(), id: process.pid })
  expect(isAbandoned).toBe(false)
})

it('a note of a process that is gone says so, but for one on another machine', () => {
  const { pid: id } = spawnSync(process.execPath, ['--version'])
  const noteOf = (host: string): string =>
    JSON.stringify({ cache: 'memory:x', prefix: 'p', process: { ...ownIdentity(), host, id } })
  expect(toCacheNote(noteOf(hostname()))).toMatchObject({ since: null, isAbandoned: true })
  expect(toCacheNote(noteOf(`not-${hostname()}`))).toMatchObject({ isAbandoned: false })
})

it('a note that nobody can read is a name', () => {
  expect(toCacheNote('{"')).toEqual({ name: '{"', since: null, process: null, isAbandoned: false })
})
