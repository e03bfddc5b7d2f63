import type { Verb } from '../../model/change.ts'
import type { PreparedChange, PreparedDeal } from '../../model/deal.ts'
import type { BatchAnswer, BatchRequest, Settlement } from '../contract.ts'

/**
 * A batch as it is sent to the other thread: all deals in one flat list, because copying objects field by field would be the dearest part
 * of a deal. What becomes of the deals comes back in the same way, without what the asker knows already.
 */
export interface BatchMessage extends Omit<BatchRequest, 'deals'> {
  readonly values: readonly Value[]
}

type Value = string | bigint | number | boolean | null | PreparedChange

/** Makes the message of a batch. */
export function packBatch({ id, deals, now, wait }: BatchRequest): BatchMessage {
  const values: Value[] = []
  for (const deal of deals) {
    values.push(deal.id, deal.data, deal.key, deal.hash, deal.isDryRun, deal.bytes, deal.changes.length)
    for (const change of deal.changes) {
      if (isPlain(change))
        values.push(change.verb, change.app, change.user, change.item, change.amount, change.ifVersion)
      else values.push(change)
    }
  }
  return { id, now, wait, values }
}

/** Whether a change is of the kind that there are most of: one that its ids and its amount say everything about. */
function isPlain({ kind, serials, party, place }: PreparedChange): boolean {
  return kind === 'tally' && serials === null && party === null && place === null
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
      isDryRun: take<boolean>(),
      bytes: take<number>(),
    }
    const changes: PreparedChange[] = []
    for (let left = take<number>(); left > 0; left -= 1) {
      const first = take<Verb | PreparedChange>()
      if (typeof first === 'object') changes.push(first)
      else changes.push(plainChange(first, take(), take(), take(), take(), take()))
    }
    deals.push({ ...deal, changes })
  }
  return { id, now, wait, deals }
}

function plainChange(
  verb: Verb,
  app: string,
  user: string,
  item: string,
  amount: bigint,
  ifVersion: bigint | null,
): PreparedChange {
  const nothing = { serials: null, properties: '{}', party: null, place: null, made: [] } as const
  return { verb, kind: 'tally', app, user, item, amount, ifVersion, ...nothing }
}

/** What became of a deal that happened now: three numbers for each of its changes. Of any other deal: its settlement. */
export type AnswerMessage = readonly (bigint | Settlement | null)[]

/** Makes the message of what became of a batch. */
export function packAnswer({ settlements }: BatchAnswer): AnswerMessage {
  const values: (bigint | Settlement | null)[] = []
  for (const settlement of settlements) {
    // A receipt tells of another deal than the one that was sent.
    const isPlainAnswer =
      settlement !== null &&
      !settlement.isReplay &&
      'outcomes' in settlement &&
      settlement.outcomes.every(({ serials, other }) => serials === null && other === undefined)
    if (!isPlainAnswer) values.push(settlement)
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
      return { app, user, item, change, quantity, serials: null, version }
    })
    return { outcomes, deal: id, isReplay: false }
  })
  return { settlements }
}
