import { expect, test } from 'vitest'
import { Turn } from '../../src/ledger/turn.ts'

test('turns are taken one at a time, first come first served', async () => {
  const turn = new Turn()
  const order: string[] = []
  const work = (name: string) =>
    turn.run(async () => {
      order.push(`${name} begins`)
      await new Promise(setImmediate)
      order.push(`${name} ends`)
      return name
    })
  expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c'])
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('work that fails ends its turn', async () => {
  const turn = new Turn()
  const failing = turn.run(async () => {
    throw new Error('no')
  })
  const next = turn.run(async () => 'next')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('next')
})

test('ending a turn twice does not let two in', async () => {
  const turn = new Turn()
  const end = await turn.take()
  const [second, third] = [turn.take(), turn.take()]
  let isThirdIn = false
  const waiting = third.then((endThird) => {
    isThirdIn = true
    endThird()
  })
  end()
  end()
  const endSecond = await second
  await new Promise(setImmediate)
  expect(isThirdIn).toBe(false)
  endSecond()
  await waiting
})

test('nobody slips in between a turn and the one that waits for it', async () => {
  const turn = new Turn()
  const order: string[] = []
  const end = await turn.take()
  const waiting = turn.run(async () => order.push('waited'))
  end()
  const late = turn.run(async () => order.push('late'))
  await Promise.all([waiting, late])
  expect(order).toEqual(['waited', 'late'])
})

test('those who share are in together, but not with one that wants to be alone, nor before one that came earlier', async () => {
  const turn = new Turn()
  const order: string[] = []
  const [endFirst, endSecond] = await Promise.all([turn.share(), turn.share()])
  const alone = turn.take().then((end) => {
    order.push('alone')
    return end
  })
  const late = turn.share().then((end) => {
    order.push('late')
    end()
  })
  endFirst()
  await new Promise(setImmediate)
  expect(order).toEqual([])
  endSecond()
  const endAlone = await alone
  await new Promise(setImmediate)
  expect(order).toEqual(['alone'])
  endAlone()
  await late
  expect(order).toEqual(['alone', 'late'])
})
