import type { PreparedDeal } from '../model/deal.ts'
import { compareBytes } from '../model/id.ts'
import type { AppNames, Loaded, Names } from '../storage/contract.ts'

/** Holdings between which deals move serials, by name, and the apps that they are of. */
interface Circle {
  readonly holdings: Set<string>
  readonly apps: Set<string>
}

/**
 * The serials that may go to another app by transfers, as far as nobody has looked for them there. Whoever has them there is to be found
 * (I3). Which ones go is known only when the deals are settled, and what one transfer brings another may take further: so it is all that
 * any holding of the circle has, and all that is named in its apps.
 */
export function crossingSerials(deals: readonly PreparedDeal[], names: Names, loaded: Loaded): Names {
  const circles = circlesOf(deals)
  if (circles.size === 0) return { apps: [], keys: [] }
  const serials = new Map<Circle, Set<bigint>>([...circles.values()].map((circle) => [circle, new Set()]))
  for (const { app, user, item, serial } of loaded.serials) {
    const circle = circles.get(nameOf(app, user, item))
    if (circle !== undefined) serials.get(circle)!.add(serial)
  }
  const crossing = new Map<string, Set<bigint>>()
  for (const [{ apps }, ofCircle] of serials) {
    if (apps.size === 1) continue
    for (const { app, serials: named } of names.apps)
      if (apps.has(app)) for (const serial of named) ofCircle.add(serial)
    for (const app of apps) crossing.set(app, new Set([...(crossing.get(app) ?? []), ...ofCircle]))
  }
  const apps = [...crossing].flatMap(([app, wanted]): AppNames[] => {
    const known = new Set(loaded.serials.flatMap((row) => (row.app === app ? [row.serial] : [])))
    const unknown = [...wanted].filter((serial) => !known.has(serial))
    return unknown.length === 0
      ? []
      : [{ app, users: [], holdings: [], serials: unknown.sort((left, right) => (left < right ? -1 : 1)) }]
  })
  return { apps: apps.sort((left, right) => compareBytes(left.app, right.app)), keys: [] }
}

/** By holding, the circle that it is in; empty where no serial can leave its app. */
function circlesOf(deals: readonly PreparedDeal[]): Map<string, Circle> {
  const circles = new Map<string, Circle>()
  let isCrossed = false
  for (const { changes } of deals) {
    for (const { app, user, item, kind, party } of changes) {
      if (party === null || kind === 'tally') continue
      isCrossed ||= party.app !== app
      const [one, other] = [circleOf(circles, app, user, item), circleOf(circles, party.app, party.user, item)]
      if (one === other) continue
      for (const name of other.holdings) {
        one.holdings.add(name)
        circles.set(name, one)
      }
      for (const name of other.apps) one.apps.add(name)
    }
  }
  if (!isCrossed) circles.clear()
  return circles
}

function circleOf(circles: Map<string, Circle>, app: string, user: string, item: string): Circle {
  const name = nameOf(app, user, item)
  let circle = circles.get(name)
  if (circle === undefined) circles.set(name, (circle = { holdings: new Set([name]), apps: new Set([app]) }))
  return circle
}

function nameOf(app: string, user: string, item: string): string {
  return `${app} ${user}\n${item}`
}
