import type { OutcomeRecord } from './record.ts'
import type { RequestChange } from './request.ts'

/** What an account has, as simply as can be. */
export interface ModelAccount {
  version: bigint
  readonly items: Map<string, bigint>
}

/** What the model answers to a deal. */
export type ModelAnswer =
  | { readonly outcomes: readonly OutcomeRecord[] }
  | { readonly refusal: { readonly code: string; readonly data: Readonly<Record<string, string>> } }

/**
 * The reference model: what deals mean, in the fewest words, with nothing in common with the code that it is held against.
 */
export class Model {
  readonly #accounts = new Map<string, ModelAccount>()

  /** An account, as it stands; made if it isn't there. */
  account(user: string): ModelAccount {
    let account = this.#accounts.get(user)
    if (account === undefined) this.#accounts.set(user, (account = { version: 0n, items: new Map() }))
    return account
  }

  /** Does all of a deal's changes, or none. */
  deal(app: string, changes: readonly RequestChange[]): ModelAnswer {
    for (const { user, ifVersion } of changes) {
      const actual = this.account(user).version.toString()
      if (ifVersion !== undefined && ifVersion !== actual) {
        return { refusal: { code: 'VERSION_CONFLICT', data: { app, user, expected: ifVersion, actual } } }
      }
    }
    const after = new Map<string, Map<string, bigint>>()
    const steps: { user: string; item: string; change: bigint; quantity: bigint }[] = []
    for (const { verb, user, item, amount } of changes) {
      const items = after.get(user) ?? new Map(this.account(user).items)
      after.set(user, items)
      const held = items.get(item) ?? 0n
      const quantity = verb === 'set' ? BigInt(amount) : verb === 'add' ? held + BigInt(amount) : held - BigInt(amount)
      if (quantity < 0n) {
        const data = { app, user, item, held: held.toString(), wanted: amount.toString() }
        return { refusal: { code: 'NOT_ENOUGH', data } }
      }
      items.set(item, quantity)
      steps.push({ user, item, change: quantity - held, quantity })
    }
    for (const user of new Set(steps.flatMap((step) => (step.change === 0n ? [] : [step.user])))) {
      const account = this.account(user)
      account.version += 1n
      for (const [item, quantity] of after.get(user) ?? []) account.items.set(item, quantity)
    }
    return {
      outcomes: steps.map(({ user, item, change, quantity }) => ({
        user,
        item,
        change: change.toString(),
        quantity: quantity.toString(),
        version: this.account(user).version.toString(),
      })),
    }
  }
}
