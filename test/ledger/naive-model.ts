import type { PreparedDeal } from '../../src/model/deal.ts'
import type { Settlement } from '../../src/storage/contract.ts'
import { nameOf } from './rows.ts'

/** The rules of deals in their plainest form: copy everything, try, and keep the copy if nothing was wrong. */
export class NaiveModel {
  quantities = new Map<string, bigint>()
  versions = new Map<string, bigint>()
  readonly receipts = new Map<string, { hash: string | null; answer: Settlement }>()

  /** Does a deal, or says why not. */
  settle(deal: PreparedDeal): Settlement {
    if (deal.key === null) return this.#try(deal)
    const receipt = this.receipts.get(deal.key)
    if (receipt === undefined) {
      const answer = this.#try(deal)
      this.receipts.set(deal.key, { hash: deal.hash, answer })
      return answer
    }
    const first = receipt.answer.deal
    if (receipt.hash === deal.hash) return { ...receipt.answer, isReplay: true }
    return { refusal: { code: 'KEY_REUSED', data: { key: deal.key, deal: first } }, deal: first, isReplay: true }
  }

  #try({ id, changes }: PreparedDeal): Settlement {
    const quantities = new Map(this.quantities)
    const refused = { deal: id, isReplay: false }
    for (const { app, user, ifVersion: expected } of changes) {
      const actual = this.versions.get(nameOf(app, user)) ?? 0n
      if (expected !== null && expected !== actual)
        return { ...refused, refusal: { code: 'VERSION_CONFLICT', data: { app, user, expected, actual } } }
    }
    const done = []
    for (const { verb, app, user, item, amount } of changes) {
      const held = quantities.get(nameOf(app, user, item)) ?? 0n
      const quantity = verb === 'add' ? held + amount : verb === 'subtract' ? held - amount : amount
      if (quantity < 0n)
        return { ...refused, refusal: { code: 'NOT_ENOUGH', data: { app, user, item, held, wanted: amount } } }
      if (quantity >= 2n ** 63n)
        return { ...refused, refusal: { code: 'QUANTITY_OVERFLOW', data: { app, user, item, held, added: amount } } }
      quantities.set(nameOf(app, user, item), quantity)
      done.push({ app, user, item, change: quantity - held, quantity })
    }
    this.quantities = quantities
    const moved = new Set(done.filter(({ change }) => change !== 0n).map(({ app, user }) => nameOf(app, user)))
    for (const name of moved) this.versions.set(name, (this.versions.get(name) ?? 0n) + 1n)
    const outcomes = done.map((step) => ({
      ...step,
      serials: null,
      version: this.versions.get(nameOf(step.app, step.user)) ?? 0n,
    }))
    return { outcomes, deal: id, isReplay: false }
  }
}
