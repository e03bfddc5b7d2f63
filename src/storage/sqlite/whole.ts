import type { AccountName, HoldingAnswer } from '../contract.ts'
import type { Line } from './connection.ts'
import { fetchOne } from './session.ts'
import { sharedStatements } from './statements.ts'

/** A whole account, and the generation of its app. */
export interface Whole extends HoldingAnswer {
  readonly generation: bigint
}

/** Reads whole accounts inside whatever transaction is open, which sees generations and accounts of one moment. */
export function readWhole(connection: Line, accounts: readonly AccountName[]): Whole[] {
  const generations = new Map<string, bigint>()
  return accounts.map(({ app, user }) => {
    let generation = generations.get(app)
    if (generation === undefined) {
      const row = connection.get<{ value: string }>(sharedStatements.meta, `generation:${app}`)
      generations.set(app, (generation = BigInt(row?.value ?? 0)))
    }
    return { generation, ...fetchOne(connection, { app, user, items: null, hasSerials: true }) }
  })
}
