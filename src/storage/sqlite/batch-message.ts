import type { Change, Kind, Verb } from '../../model/change.ts'
import type { PreparedDeal } from '../../model/deal.ts'
import type { BatchAnswer, BatchRequest, Settlement } from '../contract.ts'

/**
 * A batch as it is sent to the other thread: all deals in one flat list, because copying objects field by field would be the dearest part
 * of a deal. What becomes of the deals comes back in the same way, without what the asker knows already.
 */
export interface BatchMessage extends Omit<BatchRequest, 'deals'> {
  readonly values: readonly Value[]
}

type Value = string | bigint | number | null | undefined

/** Makes the message of a batch. */
export function packBatch({ id, deals, now, wait }: BatchRequest): BatchMessage {
  const values: Value[] = []
  for (const deal of deals) {
    values.push(deal.id, deal.data, deal.key, deal.hash, deal.bytes, deal.changes.length)
    for (const { verb, kind, app, user, item, amount, ifVersion } of deal.changes)
      values.push(verb, kind, app, user, item, amount, ifVersion)
  }
  return { id, now, wait, values }
}

/** Makes the batch again that was sent as a message. */
export function unpackBatch({ id, now, wait, values }: BatchMessage): BatchRequest {
  const deals: PreparedDeal[] = []
  let next = 0
  const take = <T extends Value>(): T => values[next++] as T
  while (next < values.length) {
    const deal = {
      id: take<string>(),
      data: take<string | null>(),
      key: take<string | null>(),
      hash: take<string | null>(),
      bytes: take<number>(),
    }
    const changes: Change[] = []
    for (let left = take<number>(); left > 0; left -= 1) {
      const change = {
        verb: take<Verb>(),
        kind: take<Kind>(),
        app: take<string>(),
        user: take<string>(),
        item: take<string>(),
        amount: take<bigint>(),
      }
      const ifVersion = take<bigint | undefined>()
      changes.push(ifVersion === undefined ? change : { ...change, ifVersion })
    }
    deals.push({ ...deal, changes })
  }
  return { id, now, wait, deals }
}

/** What became of a deal that happened now: three numbers for each of its changes. Of any other deal: its settlement. */
export type AnswerMessage = readonly (bigint | Settlement | null)[]

/** Makes the message of what became of a batch. */
export function packAnswer({ settlements }: BatchAnswer): AnswerMessage {
  const values: (bigint | Settlement | null)[] = []
  for (const settlement of settlements) {
    // A receipt tells of another deal than the one that was sent.
    if (settlement === null || settlement.isReplay || 'refusal' in settlement) values.push(settlement)
    else for (const { change, quantity, version } of settlement.outcomes) values.push(change, quantity, version)
  }
  return values
}

/**
 * Makes what became of a batch again.
 *
 * @param deals those of the batch, which the message leaves out
 */
export function unpackAnswer(values: AnswerMessage, deals: readonly PreparedDeal[]): BatchAnswer {
  let next = 0
  const settlements = deals.map(({ id, changes }): Settlement | null => {
    const first = values[next] ?? null
    if (typeof first !== 'bigint') {
      next += 1
      return first
    }
    const outcomes = changes.map(({ app, user, item }) => {
      const [change, quantity, version] = [values[next], values[next + 1], values[next + 2]] as [bigint, bigint, bigint]
      next += 3
      return { app, user, item, change, quantity, version }
    })
    return { outcomes, deal: id, isReplay: false }
  })
  return { settlements }
}
