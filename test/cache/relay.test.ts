import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Relay } from '../../src/cache/relay.ts'
import { Migrator } from '../../src/storage/migrator.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import type { AccountName, Storage } from '../../src/storage/contract.ts'

/** A database with accounts that were changed past the cache. */
async function withChanges(users: readonly string[], work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = sqlite(':memory:')
  try {
    await new Migrator(storage, 'auto').prepare('farm')
    await note(storage, users)
    await work(storage)
  } finally {
    await storage.close()
  }
}

async function note(storage: Storage, users: readonly string[]): Promise<void> {
  const session = await storage.begin()
  await session.noteChanges(users.map((user) => ({ app: 'farm', user })))
  await session.commit(null, [])
}

const many = Array.from({ length: 1_201 }, (_, at) => `user ${at}`)
const never = (error: unknown): never => {
  throw error as Error
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a relay removes every account on the list, once, and says how many those were', async () => {
  await withChanges(many, async (storage) => {
    const removed: string[] = []
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      removed.push(...accounts.map(({ user }) => user))
    }
    const relay = new Relay(storage, remove, 100, never)
    expect(await relay.drain()).toBe(many.length)
    expect(removed.toSorted()).toEqual(many.toSorted())
    expect(await relay.drain()).toBe(0)
    await relay.close()
  })
})

test('two relays at once take no account twice, and leave none', async () => {
  await withChanges(many, async (storage) => {
    const removed: string[] = []
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      removed.push(...accounts.map(({ user }) => user))
    }
    const relays = [new Relay(storage, remove, 100, never), new Relay(storage, remove, 100, never)]
    await Promise.all(relays.map((relay) => relay.drain()))
    expect(removed.toSorted()).toEqual(many.toSorted())
    await Promise.all(relays.map((relay) => relay.close()))
  })
})

test('what could not be removed stays on the list, is reported, and is tried again after the pause', async () => {
  await withChanges(['ann'], async (storage) => {
    const removed: string[] = []
    const reported: unknown[] = []
    const report = Promise.withResolvers<undefined>()
    const end = Promise.withResolvers<undefined>()
    let isBroken = true
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      if (isBroken) throw new Error('the cache does not answer')
      removed.push(...accounts.map(({ user }) => user))
      end.resolve(undefined)
    }
    const relay = new Relay(storage, remove, 100, (error) => {
      reported.push(error)
      report.resolve(undefined)
    })
    await relay.start()
    await report.promise
    expect(removed).toEqual([])
    isBroken = false
    // The pause begins in a later turn than the report.
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    vi.advanceTimersByTime(100)
    await end.promise
    await relay.close()
    expect(removed).toEqual(['ann'])
    expect(reported).toEqual([new Error('the cache does not answer')])
  })
})

test('a relay that is woken while it works looks once more', async () => {
  await withChanges(['ann'], async (storage) => {
    const removed: string[] = []
    const end = Promise.withResolvers<undefined>()
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      removed.push(...accounts.map(({ user }) => user))
      if (removed.length > 1) end.resolve(undefined)
      else {
        await note(storage, ['ann', 'bob'])
        relay.wake()
      }
    }
    const relay: Relay = new Relay(storage, remove, 1_000_000, never)
    relay.wake()
    await end.promise
    await relay.close()
    expect(removed).toEqual(['ann', 'ann', 'bob'])
  })
})

test('a closed relay is done with what it was at, and looks no more', async () => {
  await withChanges(['ann'], async (storage) => {
    const removed: string[] = []
    const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    const remove = async (accounts: readonly AccountName[]): Promise<void> => {
      begun.resolve(undefined)
      await end.promise
      removed.push(...accounts.map(({ user }) => user))
    }
    const relay = new Relay(storage, remove, 100, never)
    relay.wake()
    await begun.promise
    const closing = relay.close()
    end.resolve(undefined)
    await closing
    expect(removed).toEqual(['ann'])
    await note(storage, ['bob'])
    relay.wake()
    expect(vi.getTimerCount()).toBe(0)
    expect(await storage.takeChanges(10, async () => undefined)).toBe(1)
  })
})
