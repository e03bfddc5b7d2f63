import { describe, expect, it } from 'vitest'
import { facing } from './facing.ts'
import { change, deal, quantityOf, settle } from './farm.ts'
import { servers } from './servers.ts'

describe.each(servers)('a batch on $name', ({ openLab }) => {
  it('leaves out what somebody else has locked, at once, and keeps the rest', async () => {
    await using lab = await openLab()
    const { left, right } = await facing(lab.storage)
    const settlements = await settle(lab.storage, [
      deal([change('add', 'left', 'egg', 1n)]),
      deal([change('add', 'free', 'egg', 1n)]),
      deal([change('add', 'free', 'egg', 1n), change('add', 'right', 'egg', 1n)]),
      deal([change('add', 'new', 'egg', 1n)]),
    ])
    expect(settlements.map((settlement) => settlement !== null)).toEqual([false, true, false, true])
    await left.rollback()
    await right.rollback()
    expect(await quantityOf(lab.storage, 'free', 'egg')).toBe(1n)
  })

  it('takes a deal of 10,000 changes with much to remember', async () => {
    await using lab = await openLab()
    const changes = Array.from({ length: 10_000 }, (_, at) => change('add', `u${at}`, `i${at}`, 1n))
    const [settlement] = await settle(lab.storage, [deal(changes, { data: { note: 'ü'.repeat(300) }, key: 'big' })])
    expect(settlement).toHaveProperty('outcomes.length', 10_000)
    expect(await quantityOf(lab.storage, 'u9999', 'i9999')).toBe(1n)
  })
})
