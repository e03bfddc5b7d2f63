import { entriesAt } from '../../src/model/serials-at.ts'
import type { SerialEntry } from '../../src/model/serial.ts'
import type { Refusal, SettledChange, Settlement } from '../../src/storage/contract.ts'

/** What one change led to, with all serials spelt out, ascending. */
export interface ToldChange extends Omit<SettledChange, 'serials' | 'other'> {
  readonly serials: readonly SerialEntry[] | null
  readonly other?: ToldChange
}

/** What became of a deal, spelt out. */
export type Told =
  | { readonly outcomes: readonly ToldChange[]; readonly deal: string; readonly isReplay: boolean }
  | { readonly refusal: Refusal; readonly deal: string; readonly isReplay: boolean }

/** Spells out what became of a deal. */
export function told(settlement: Settlement): Told {
  return 'refusal' in settlement ? settlement : { ...settlement, outcomes: settlement.outcomes.map(toldChange) }
}

function toldChange({ serials, other, ...rest }: SettledChange): ToldChange {
  const one = { ...rest, serials: serials === null ? null : entriesAt(serials) }
  if (serials !== null && one.serials?.length !== serials.count) throw new RangeError('the count of serials is wrong')
  return other === undefined ? one : { ...one, other: toldChange(other) }
}
