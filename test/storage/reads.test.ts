import { uuidv7 } from 'uuidv7'
import { describe, expect, it } from 'vitest'
import { change, deal, settle } from './farm.ts'
import { servers } from './servers.ts'

describe.each(servers)('single reads on $name', ({ openLab }) => {
  it('answer 10,000 items of one account as one moment', async () => {
    await using lab = await openLab()
    const items = Array.from({ length: 10_000 }, (_, at) => `i${at}`)
    await settle(lab.storage, [deal(items.slice(1).map((item) => change('add', 'u', item, 1n)))])
    const [some, all, none] = await lab.storage.fetch([
      { app: 'farm', user: 'u', items, hasSerials: false },
      { app: 'farm', user: 'u', items: null, hasSerials: false },
      { app: 'farm', user: 'nobody', items, hasSerials: false },
    ])
    expect(some).toMatchObject({ version: 1n, holdings: { length: 9_999 } })
    expect(all).toMatchObject({ version: 1n, holdings: { length: 9_999 } })
    expect(none).toEqual({ version: 0n, holdings: [], serials: [] })
  })

  it('tell ids apart byte by byte', async () => {
    await using lab = await openLab()
    const odd = ['á', 'ﬀ', 'ff', 'a b', "o'neil", 'a"b', '{a,b}', 'back\\slash', '日本', '😀', '\u{10ffff}', '\uffff']
    const ids = ['a', 'A', 'NULL', 'null', '%', '_', ...odd]
    await settle(lab.storage, [deal(ids.flatMap((user) => ids.map((item) => change('add', user, item, 1n))))])
    const answers = await lab.storage.fetch(
      ids.map((user) => ({ app: 'farm', user, items: ids.toReversed(), hasSerials: false })),
    )
    for (const { version, holdings } of answers) {
      expect(version).toBe(1n)
      expect(new Set(holdings.map(({ item }) => item))).toEqual(new Set(ids))
    }
  })
})

describe.each(servers)('a snapshot on $name', ({ openLab }) => {
  it('walks through users in the order of their bytes', async () => {
    await using lab = await openLab()
    const last = '\u{10ffff}'.repeat(16)
    const users = ['a', 'B', 'a b', 'ab', 'a!', '\u{10000}', '\uffff', '10', '9', 'é', 'z', last]
    await settle(lab.storage, [deal(users.map((user) => change('add', user, 'egg', 1n)))])
    const byBytes = users.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    const snapshot = await lab.storage.snapshot()
    const walked: string[] = []
    for (;;) {
      const rows = await snapshot.accounts('farm', walked.at(-1) ?? '', 2)
      if (rows.length === 0) break
      walked.push(...rows.map(({ user }) => user))
    }
    expect(walked).toEqual(byBytes)
    const holdings = await snapshot.holdings('farm', byBytes[2] ?? '', byBytes[5] ?? '')
    expect(holdings.map(({ user }) => user)).toEqual(byBytes.slice(3, 6))
    const history = await snapshot.history('farm', { user: 'z', version: 1n, line: 1 }, null, 10)
    expect(history.map(({ user }) => user)).toEqual(byBytes.slice(byBytes.indexOf('z') + 1))
    await snapshot.end()
  })

  it('doesn’t see what was committed after it was opened', async () => {
    await using lab = await openLab()
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    const snapshot = await lab.storage.snapshot()
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n), change('add', 'v', 'egg', 1n)], { key: uuidv7() })])
    expect(await snapshot.accountCount('farm')).toBe(1)
    expect(await snapshot.holdings('farm', '', null)).toMatchObject([{ user: 'u', quantity: 1n }])
    expect(await snapshot.history('farm', { user: '', version: 0n, line: 0 }, null, 10)).toHaveLength(1)
    await snapshot.end()
  })
})
