import { describe, expect, it } from 'vitest'
import {
  BrokenLayerError,
  NotEnoughError,
  Passthru,
  Stockpile,
  Transfer,
  type Deal,
  type Outcome,
} from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

class Forgetful extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    await super.write(deal)
    return []
  }
}

class Silent extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    await super.write(deal)
    return undefined as unknown as Outcome[]
  }
}

class Fewer extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    return (await super.write(deal)).slice(0, 1)
  }
}

class AtOnce extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    return (await Promise.all(deal.changes.map((change) => super.write({ ...deal, changes: [change] })))).flat()
  }
}

class OneByOne extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const change of deal.changes) outcomes.push(...(await super.write({ ...deal, changes: [change] })))
    return outcomes
  }
}

class Stubborn extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    return super.write(deal).catch(() => super.write(deal))
  }
}

async function fault(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => null,
    (error: unknown) => error,
  )
}

describe('a layer that', () => {
  it('answers no outcomes is told so, by name, alone and in a deal and under another layer', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const [ann, silent] = [new Forgetful(stockpile.tally('farm', 'ann')), new Silent(stockpile.tally('farm', 'bob'))]
    const error = await fault(() => ann.add('egg'))
    expect(error).toBeInstanceOf(BrokenLayerError)
    expect(error).toHaveProperty(
      'message',
      expect.stringContaining('Forgetful around user ann of farm answered 0 of 1 outcomes'),
    )
    expect(error).toHaveProperty('layer', 'Forgetful')
    expect(await fault(() => stockpile.deal([ann.plan.add('egg')]))).toHaveProperty('layer', 'Forgetful')
    expect(await fault(() => new Passthru(ann).add('egg'))).toHaveProperty('layer', 'Forgetful')
    expect(await fault(() => new Transfer(ann, stockpile.tally('farm', 'bob')).subtract('egg'))).toHaveProperty(
      'layer',
      'Forgetful',
    )
    expect(await fault(() => new Transfer(stockpile.tally('farm', 'bob'), ann).add('egg'))).toHaveProperty(
      'layer',
      'Forgetful',
    )
    const none = await fault(() => silent.add('egg'))
    expect(none).toHaveProperty(
      'message',
      expect.stringContaining('Silent around user bob of farm answered no list of outcomes'),
    )
  })

  it('answers fewer outcomes than it was given changes is told so', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const ann = new Fewer(stockpile.tally('farm', 'ann'))
    expect(await ann.add('egg')).toBe(1n)
    const error = await fault(() => stockpile.deal([ann.plan.add('egg'), ann.plan.add('hen')]))
    expect(error).toHaveProperty('message', expect.stringContaining('answered 1 of 2 outcomes'))
  })

  it('writes twice at once within a deal is told so, and nothing is written', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const [ann, bob] = [new AtOnce(stockpile.tally('farm', 'ann')), stockpile.tally('farm', 'bob')]
    for (const others of [[], [bob.plan.add('egg')]]) {
      const error = await fault(() => stockpile.deal([ann.plan.add('egg'), ann.plan.add('hen'), ...others]))
      expect(error).toBeInstanceOf(BrokenLayerError)
      expect(error).toHaveProperty(
        'message',
        expect.stringContaining('user ann of farm wrote a second time within a deal'),
      )
    }
    expect([(await ann.all()).size, (await bob.all()).size]).toEqual([0, 0])
  })

  it('writes one by one within a deal is told so, and its second write does not happen', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const [ann, bob] = [new OneByOne(stockpile.tally('farm', 'ann')), stockpile.tally('farm', 'bob')]
    const deal = (): Promise<unknown> => stockpile.deal([ann.plan.add('egg'), ann.plan.add('hen'), bob.plan.add('egg')])
    expect(await fault(deal)).toBeInstanceOf(BrokenLayerError)
    expect([...(await ann.all()).keys()]).toEqual(['egg'])
    expect(await fault(() => stockpile.transaction(deal))).toBeInstanceOf(BrokenLayerError)
    expect([await ann.get('egg'), await bob.get('egg')]).toEqual([1n, 1n])
  })

  it('tries a refused part of a deal again does not get it done without the others', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const [ann, bob] = [new Stubborn(stockpile.tally('farm', 'ann')), stockpile.tally('farm', 'bob')]
    const error = await fault(() => stockpile.deal([ann.plan.add('egg'), bob.plan.subtract('egg')]))
    expect(error).toBeInstanceOf(BrokenLayerError)
    expect((await ann.all()).size).toBe(0)
    expect(await fault(() => ann.subtract('egg'))).toBeInstanceOf(NotEnoughError)
  })

  it('writes for somebody else behind its part of a deal may do so', async () => {
    await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
    const log = stockpile.tally('farm', 'log')
    class Logging extends Passthru<bigint> {
      override async write(deal: Deal): Promise<Outcome[]> {
        const outcomes = await super.write(deal)
        await log.add('writes')
        return outcomes
      }
    }
    const ann = new Logging(stockpile.tally('farm', 'ann'))
    await stockpile.deal([ann.plan.add('egg')])
    expect([await ann.get('egg'), await log.get('writes')]).toEqual([1n, 1n])
  })
})
