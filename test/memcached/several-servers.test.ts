import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cache, Found, Lookup, Token } from '../../src/cache/contract.ts'
import { memcached } from '../../src/cache/memcached/index.ts'
import { startMemcached } from '../servers/memcached.ts'
import { say } from '../servers/say.ts'
import type { Server } from '../servers/server.ts'
import { guard, lookupOf } from './lookups.ts'

const lookups: readonly Lookup[] = Array.from({ length: 60 }, (_, index) => lookupOf(`stock:${index}`))

let servers: Server[]
let cache: Cache
let other: Cache

beforeEach(async () => {
  servers = await Promise.all([startMemcached(), startMemcached(), startMemcached()])
  cache = memcached(servers.map(({ url }) => url))
  other = memcached(servers.map(({ url }) => url).toReversed())
})

afterEach(async () => {
  await Promise.all([cache.close(), other.close()])
  await Promise.all(servers.map((server) => server.stop()))
})

function tokensOf(found: readonly Found[]): Token[] {
  return found.flatMap(({ entry }) => (entry.state === 'leased' ? [entry.token] : []))
}

test('each server has its share, and all processes agree which, however they name them', async () => {
  const tokens = tokensOf(await cache.find(lookups))
  expect(tokens.map(({ key }) => key)).toEqual(lookups.map(({ key }) => key))
  expect(new Set(tokens.map(({ incarnation }) => incarnation)).size).toBe(3)
  expect(await cache.store(tokens.map((token) => ({ token, text: `text of ${token.key}` })))).toEqual(
    lookups.map(() => true),
  )
  const found = await other.find(lookups)
  expect(found.map(({ entry }) => (entry.state === 'value' ? entry.text : entry.state))).toEqual(
    lookups.map(({ key }) => `text of ${key}`),
  )
  expect(await other.remove(lookups.map(({ key }) => key))).toEqual(lookups.map(() => true))
  expect(tokensOf(await cache.find(lookups))).toHaveLength(lookups.length)
})

test('every server has a copy of a guard, each with a token of its own', async () => {
  const found = await cache.find(lookups)
  const leases = new Map(
    found.flatMap(({ guard: entry }) => (entry.state === 'leased' ? [[entry.token.incarnation, entry.token]] : [])),
  )
  expect(leases.size).toBe(3)
  const values = [...leases.values()].map((token) => ({ token, text: '7' }))
  expect(await cache.store(values)).toEqual([true, true, true])
  for (const server of servers) expect(await say(server, `mg ${guard} v\r\n`)).toBe('VA 1\r\n7\r\n')

  const tokens = await other.intendGuard(guard)
  expect(tokens).toHaveLength(3)
  const busy = await cache.find(lookups)
  expect(new Set(busy.map(({ guard: entry }) => JSON.stringify(entry)))).toEqual(
    new Set([JSON.stringify({ state: 'busy', reason: 'intent' })]),
  )
  expect(await other.store((tokens ?? []).map((token) => ({ token, text: '8' })))).toEqual([true, true, true])
  for (const server of servers) expect(await say(server, `mg ${guard} v\r\n`)).toBe('VA 1\r\n8\r\n')
})

test('intents go to the servers of their keys, and tell what was there', async () => {
  const tokens = tokensOf(await cache.find(lookups))
  await cache.store(tokens.map((token) => ({ token, text: token.key })))
  const intended = await other.intend(lookups)
  expect(intended.map((one) => (one.isAcknowledged ? one.before : one.reason))).toEqual(lookups.map(({ key }) => key))
  const late = await cache.store(tokens.map((token) => ({ token, text: 'late' })))
  expect(late).toEqual(lookups.map(() => false))
  await other.release(intended.flatMap((one) => (one.isAcknowledged ? (one.token ?? []) : [])))
  expect(tokensOf(await cache.find(lookups))).toHaveLength(lookups.length)
})

test('no server takes over for one that is away: its keys are unreachable, and a guard can’t be changed', async () => {
  const tokens = tokensOf(await cache.find(lookups))
  await cache.store(tokens.map((token) => ({ token, text: 'x' })))
  const [gone] = servers
  if (gone === undefined) throw new Error('no server')
  const pid = String(gone.pid)
  const isAway = tokens.map(({ incarnation }) => incarnation.startsWith(`${pid}.`))
  expect(new Set(isAway)).toEqual(new Set([true, false]))
  await gone.kill()
  await expect
    .poll(async () => (await cache.find(lookups)).map(({ entry }) => entry.state))
    .toEqual(isAway.map((away) => (away ? 'busy' : 'value')))
  const intended = await cache.intend(lookups)
  expect(intended.map(({ isAcknowledged }) => isAcknowledged)).toEqual(isAway.map((away) => !away))
  expect(await cache.intendGuard(guard)).toBeNull()
  expect(await cache.remove(lookups.map(({ key }) => key))).toEqual(isAway.map((away) => !away))
})
