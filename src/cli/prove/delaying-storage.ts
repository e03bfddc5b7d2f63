import type { Storage } from '../../index.ts'
import type { Pauses } from './pauses.ts'

type Method = (...args: unknown[]) => Promise<unknown>

/** A storage that takes its time: around its reads, before a transaction's commit and after every commit. */
export function delayingStorage(storage: Storage, pauses: Pick<Pauses, 'at'>): Storage {
  return wrapped(storage, {
    fetch: async (method, ...args) => {
      await pauses.at('before the database is read')
      return method(...args)
    },
    fetchWhole: async (method, ...args) => {
      await pauses.at('before the database is read')
      const answers = await method(...args)
      await pauses.at('after the database was read')
      return answers
    },
    settle: async (method, ...args) => {
      const answer = await method(...args)
      await pauses.at('after the commit')
      return answer
    },
    begin: async (method, ...args) => delayingCommit((await method(...args)) as object, pauses),
    bulk: async (method, ...args) => delayingCommit((await method(...args)) as object, pauses),
  }) as Storage
}

function delayingCommit(session: object, pauses: Pick<Pauses, 'at'>): object {
  return wrapped(session, {
    commit: async (method, ...args) => {
      await pauses.at('before the commit')
      await method(...args)
      await pauses.at('after the commit')
    },
  })
}

/** The same object with another way to some of its methods. */
function wrapped(
  object: object,
  ways: Readonly<Record<string, (method: Method, ...args: unknown[]) => Promise<unknown>>>,
): object {
  return new Proxy(object, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      // Its private fields are its own: a method must find itself called on it.
      const method = value.bind(target) as Method
      const way = typeof name === 'string' ? ways[name] : undefined
      return way === undefined ? method : (...args: unknown[]) => way(method, ...args)
    },
  })
}
