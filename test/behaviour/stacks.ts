import {
  Passthru,
  QuantityInspector,
  Sorter,
  type Deal,
  type Inventory,
  type Items,
  type Outcome,
  type Selection,
} from '../../src/index.ts'
import { compareNaturally } from '../../src/model/id.ts'

type Any = Inventory<unknown, never>

/** A layer of somebody's own, with everything that one overrides, which changes nothing. */
class Mine extends Passthru<unknown, never> {
  override async read(selection: Selection): Promise<Items<unknown>> {
    const items = await super.read({ ...selection })
    return items.map((quantity) => quantity)
  }

  override async write(deal: Deal): Promise<Outcome<unknown>[]> {
    const outcomes = await super.write({ ...deal, changes: deal.changes.map((change) => ({ ...change })) })
    return outcomes.map((outcome) => ({ ...outcome }))
  }
}

/** What a sorter without places changes is the order alone; this is the usual one again. */
class Natural extends Passthru<unknown, never> {
  override async read(selection: Selection): Promise<Items<unknown>> {
    return (await super.read(selection)).sorted(compareNaturally)
  }
}

const passthru = (inner: Any): Any => new Passthru(inner)
const mine = (inner: Any): Any => new Mine(inner)
const sorter = (inner: Any): Any => new Natural(new Sorter(inner))
const inspector = (inner: Any): Any => new QuantityInspector(inner, () => undefined)

/** Layers that change nothing, alone and in pairs in both orders (I6); `isSorted` are those in which a behaviour can't sort itself. */
export const stacks = {
  passthru: { wrap: passthru, isSorted: false },
  mine: { wrap: mine, isSorted: false },
  sorter: { wrap: sorter, isSorted: true },
  inspector: { wrap: inspector, isSorted: false },
  'mine around inspector': { wrap: (inner: Any) => mine(inspector(inner)), isSorted: false },
  'inspector around mine': { wrap: (inner: Any) => inspector(mine(inner)), isSorted: false },
  'sorter around inspector': { wrap: (inner: Any) => sorter(inspector(inner)), isSorted: true },
  'inspector around sorter': { wrap: (inner: Any) => inspector(sorter(inner)), isSorted: true },
  'mine around sorter': { wrap: (inner: Any) => mine(sorter(inner)), isSorted: true },
  'sorter around mine': { wrap: (inner: Any) => sorter(mine(inner)), isSorted: true },
} as const

/** The suites about what an inventory answers; the others have little to do with the layers around one. */
export const suitesOfLayers = [
  'verbs',
  'quantities',
  'serials',
  'properties',
  'hybrids',
  'transfers',
  'inspectors',
  'wrappers',
  'dry runs',
  'deals',
  'versions',
] as const
