import { describe, expect, inject, test } from 'vitest'
import { LockTimeoutError, NotEnoughError, OutcomeUnknownError } from '../../src/index.ts'
import { LostConnection } from './lost-connection.ts'

// The statement, not a table's name, and not READ COMMITTED.
const commit = /(?<![A-Za-z_])COMMIT(?![A-Za-z_])/
const historyInsert = /INSERT INTO [^(]*stockpile_history/i
const lock = /SELECT.*stockpile_account.*FOR (NO KEY )?UPDATE/is

const servers = [
  { name: 'MariaDB', url: () => inject('mysqlUrl') },
  { name: 'PostgreSQL', url: () => inject('postgresUrl') },
]

describe.each(servers)('on $name', ({ url }) => {
  describe('a deal', () => {
    test('whose COMMIT is executed and not answered is acknowledged and there once', async () => {
      await using lost = await LostConnection.open(url())
      const executed = lost.proxy.dropReplyAfter(commit)
      expect(await lost.tally('ann').subtract('gold', 30)).toBe(70n)
      await executed
      expect(await lost.truth('ann')).toEqual(['ann gold -30'])
    })

    test('whose COMMIT never arrives is made again and there once', async () => {
      await using lost = await LostConnection.open(url())
      const dropped = lost.proxy.dropRequest(commit)
      expect(await lost.tally('ann').subtract('gold', 30)).toBe(70n)
      await dropped
      expect(await lost.truth('ann')).toEqual(['ann gold -30'])
    })

    test('whose COMMIT arrives after its connection was given up is there once', async () => {
      await using lost = await LostConnection.open(url())
      const postponed = lost.proxy.postponeRequest(commit)
      const answer = lost.tally('ann').subtract('gold', 30)
      await (await postponed).deliver()
      expect(await answer).toBe(70n)
      expect(await lost.truth('ann')).toEqual(['ann gold -30'])
    })

    test('whose COMMIT arrives after its caller has been answered is there as the answer says', async () => {
      await using lost = await LostConnection.open(url(), true)
      const postponed = lost.proxy.postponeRequest(commit)
      const startedAt = performance.now()
      const error: unknown = await lost
        .tally('ann')
        .subtract('gold', 30, { key: 'order 1' })
        .catch((reason: unknown) => reason)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      await (await postponed).deliver()
      const truth = await lost.truth('ann')
      // A database that can see to it that the late COMMIT fails knows the outcome; the account stays locked, though, until the server
      // takes notice of the lost connection.
      const isKnown = error instanceof LockTimeoutError && truth.length === 0
      expect(isKnown || error instanceof OutcomeUnknownError).toBe(true)
      const ann = lost.witness.tally('chaos', 'ann')
      await lost.witness.deal([ann.plan.subtract('gold', 30)], { key: 'order 1' })
      expect(await lost.truth('ann')).toEqual(['ann gold -30'])
    })

    test.each(['dropReplyAfter', 'dropRequest'] as const)(
      'is answered with all others of its batch, and each is there once: %s',
      async (fault) => {
        await using lost = await LostConnection.open(url())
        const sprung = lost.proxy[fault](commit)
        const users = Array.from({ length: 40 }, (_, index) => `user_${index}`)
        const refused = lost
          .tally('ann')
          .subtract('gold', 101)
          .catch((reason: unknown) => reason)
        const answers = await Promise.all(users.map((user) => lost.tally(user).add('iron', 2)))
        await sprung
        expect(await refused).toBeInstanceOf(NotEnoughError)
        expect(answers).toEqual(users.map(() => 2n))
        expect(await lost.truth('ann', ...users)).toEqual(users.map((user) => `${user} iron 2`))
      },
    )

    test.each([
      { fault: 'dropReplyAfter', isThere: true },
      { fault: 'dropRequest', isThere: false },
    ] as const)('whose database is gone for good at COMMIT has an unknown outcome: %o', async ({ fault, isThere }) => {
      await using lost = await LostConnection.open(url(), true)
      const gone = lost.proxy[fault](commit).then(() => lost.proxy.stop())
      const startedAt = performance.now()
      const error: unknown = await lost
        .tally('ann')
        .subtract('gold', 30, { key: 'order 1' })
        .catch((reason: unknown) => reason)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      await gone
      if (!(error instanceof OutcomeUnknownError)) throw new Error('expected an unknown outcome', { cause: error })
      const [deal] = error.deals
      expect(error.deals).toHaveLength(1)
      const ann = lost.witness.tally('chaos', 'ann')
      expect(await ann.history({ deal: deal ?? '' })).toHaveLength(isThere ? 1 : 0)
      // Asked again with its key, it is done once, whatever became of it.
      const [outcome] = await lost.witness.deal([ann.plan.subtract('gold', 30)], { key: 'order 1' })
      expect(outcome?.deal === deal).toBe(isThere)
      expect(await lost.truth('ann')).toEqual(['ann gold -30'])
    })

    test.each([
      { what: 'its lock', match: lock },
      { what: 'its history', match: historyInsert },
    ])('is made again when the connection breaks at $what', async ({ match }) => {
      for (const fault of ['dropReplyAfter', 'dropRequest'] as const) {
        await using lost = await LostConnection.open(url())
        const sprung = lost.proxy[fault](match)
        expect(await lost.tally('ann').subtract('gold', 30)).toBe(70n)
        await sprung
        expect(await lost.truth('ann')).toEqual(['ann gold -30'])
      }
    })

    test('is done over a new connection when all have been cut while they were idle', async () => {
      await using lost = await LostConnection.open(url())
      await lost.tally('ann').subtract('gold', 10)
      await lost.tally('ann').get('gold')
      lost.proxy.cut()
      expect(await lost.tally('ann').subtract('gold', 20)).toBe(70n)
      expect(await lost.truth('ann')).toEqual(['ann gold -10', 'ann gold -20'])
    })
  })

  describe('a transaction', () => {
    /** Moves gold from ann to bob, and keeps a list of what happens. */
    async function move(lost: LostConnection, events: string[]): Promise<void> {
      await lost.stockpile.transaction(async () => {
        events.push('begun')
        lost.stockpile.onCommit(() => events.push('committed'))
        lost.stockpile.onRollback(() => events.push('rolled back'))
        await lost.tally('ann').subtract('gold', 30)
        await lost.stockpile.transaction(() => lost.tally('bob').add('gold', 30))
      })
    }
    const moved = ['ann gold -30', 'bob gold 30']

    test('whose COMMIT is executed and not answered has committed', async () => {
      await using lost = await LostConnection.open(url())
      const events: string[] = []
      const executed = lost.proxy.dropReplyAfter(commit)
      await move(lost, events)
      await executed
      expect(events).toEqual(['begun', 'committed'])
      expect(await lost.truth('ann', 'bob')).toEqual(moved)
    })

    test('whose COMMIT never arrives is rolled back and made again', async () => {
      await using lost = await LostConnection.open(url())
      const events: string[] = []
      const dropped = lost.proxy.dropRequest(commit)
      await move(lost, events)
      await dropped
      expect(events).toEqual(['begun', 'rolled back', 'begun', 'committed'])
      expect(await lost.truth('ann', 'bob')).toEqual(moved)
    })

    test('whose COMMIT arrives late happens once', async () => {
      await using lost = await LostConnection.open(url())
      const events: string[] = []
      const postponed = lost.proxy.postponeRequest(commit)
      const end = move(lost, events)
      await (await postponed).deliver()
      await end
      expect(events.filter((event) => event === 'committed')).toHaveLength(1)
      expect(events.at(-1)).toBe('committed')
      expect(await lost.truth('ann', 'bob')).toEqual(moved)
    })

    test.each([
      { fault: 'dropReplyAfter', truth: moved },
      { fault: 'dropRequest', truth: [] },
    ] as const)('whose database is gone for good at COMMIT calls nobody back: $fault', async ({ fault, truth }) => {
      await using lost = await LostConnection.open(url(), true)
      const events: string[] = []
      const gone = lost.proxy[fault](commit).then(() => lost.proxy.stop())
      const error: unknown = await move(lost, events).catch((reason: unknown) => reason)
      await gone
      if (!(error instanceof OutcomeUnknownError)) throw new Error('expected an unknown outcome', { cause: error })
      expect(error.deals).toHaveLength(2)
      expect(events).toEqual(['begun'])
      expect(await lost.truth('ann', 'bob')).toEqual(truth)
    })

    test.each(['dropReplyAfter', 'dropRequest'] as const)(
      'is made again as a whole when the connection breaks in its middle: %s',
      async (fault) => {
        await using lost = await LostConnection.open(url())
        const events: string[] = []
        const sprung = lost.proxy[fault](/(?<![A-Za-z_])SAVEPOINT/)
        await move(lost, events)
        await sprung
        expect(events).toEqual(['begun', 'rolled back', 'begun', 'committed'])
        expect(await lost.truth('ann', 'bob')).toEqual(moved)
      },
    )
  })
})
