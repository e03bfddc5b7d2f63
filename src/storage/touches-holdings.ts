import type { Writes } from './contract.ts'

/** Whether rows of holdings or serials are written, for which the triggers have to be told that Stockpile does it. */
export function touchesHoldings({ apps }: Writes): boolean {
  return apps.some(
    ({ holdingsNew, holdingsChanged, holdingsGone, serialsNew, serialsChanged, serialsGone }) =>
      holdingsChanged.length + holdingsNew.length + holdingsGone.length > 0 ||
      serialsChanged.length + serialsNew.length + serialsGone.length > 0,
  )
}
