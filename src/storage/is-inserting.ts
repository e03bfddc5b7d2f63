import type { Writes } from './contract.ts'

/** Whether rows of holdings or serials are inserted, for which the triggers have to be told that Stockpile does it. */
export function isInserting({ apps }: Writes): boolean {
  return apps.some(({ holdingsNew, serialsNew }) => holdingsNew.length + serialsNew.length > 0)
}
