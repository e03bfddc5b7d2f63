import { describe, expect, test } from 'vitest'
import { toAddresses } from '../../src/cache/memcached/address.ts'
import { memcached } from '../../src/cache/memcached/index.ts'
import { rendezvous } from '../../src/cache/memcached/rendezvous.ts'
import { InvalidArgumentError } from '../../src/errors.ts'

describe('an address', () => {
  test.each([
    ['localhost', 'localhost:11211', { host: 'localhost', port: 11_211 }],
    ['Cache.Example:11212', 'cache.example:11212', { host: 'cache.example', port: 11_212 }],
    ['memcached://10.0.0.5', '10.0.0.5:11211', { host: '10.0.0.5', port: 11_211 }],
    ['memcached://10.0.0.5:7/', '10.0.0.5:7', { host: '10.0.0.5', port: 7 }],
    ['[::1]:11213', '[::1]:11213', { host: '::1', port: 11_213 }],
    ['unix:/run/memcached.sock', 'unix:/run/memcached.sock', { path: '/run/memcached.sock' }],
  ])('%s is understood', (given, name, target) => {
    expect(toAddresses(given)).toEqual([{ name, target }])
  })

  test.each<[unknown, string]>([
    ['', 'host:port'],
    [[], 'at least one'],
    [null, 'at least one'],
    [['a', 7], 'host:port'],
    ['a:70000', 'host:port'],
    ['a:0', 'a port from 1'],
    ['redis://a:1', 'host:port'],
    ['memcached://a/b', 'host:port'],
    ['unix:memcached.sock', 'the full path'],
    [['a', 'A:11211'], 'names each server once'],
  ])('%j is refused', (given, rule) => {
    expect(() => memcached(given as string)).toThrow(InvalidArgumentError)
    expect(() => memcached(given as string)).toThrow(rule)
    expect(() => memcached(given as string)).toThrow(expect.objectContaining({ argument: 'servers' }))
  })

  test('a password that can’t be used is not repeated in the message', () => {
    expect(() => memcached('memcached://me:secret@a')).toThrow(/^(?!.*secret)/)
  })

  test('options are checked', () => {
    expect(() => memcached('a', { leaseMs: 1 })).toThrow('options.leaseMs')
  })

  test('a cache has the same name for all who name the same servers', () => {
    expect(memcached(['b:1', 'a']).name).toBe('memcached://a:11211,b:1')
    expect(memcached(['memcached://A:11211', 'b:1']).name).toBe('memcached://a:11211,b:1')
  })
})

describe('rendezvous hashing', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `stock:${index}`)
  const names = ['10.0.0.5:11211', '10.0.0.6:11211', '10.0.0.7:11211', '10.0.0.8:11211']
  const ownersOf = (servers: readonly string[]) => keys.map((key) => servers[rendezvous(servers)(key)])

  test('gives each server its share', () => {
    const owners = ownersOf(names)
    for (const name of names) {
      const share = owners.filter((owner) => owner === name).length / keys.length
      expect(share).toBeGreaterThan(0.23)
      expect(share).toBeLessThan(0.27)
    }
  })

  test('comes to the same answer in whatever order the servers are named', () => {
    expect(ownersOf(names.toReversed())).toEqual(ownersOf(names))
  })

  test('moves keys to a new server only', () => {
    const before = ownersOf(names.slice(0, 3))
    const after = ownersOf(names)
    const moved = after.filter((owner, index) => owner !== before[index])
    expect(new Set(moved)).toEqual(new Set(names.slice(3)))
  })
})
