import type { Place } from '../model/change.ts'

// A position is made of the account's version and the line within it, so no two are ever equal and no clock is needed. 2^14 lines are
// more than a deal has changes; below 2^61 that leaves room for 2^47 versions.
const linesMax = 2n ** 14n
// Places that the user chose are above all that time gives.
const customFrom = 2n ** 61n

/** The place that an addition gives, in the version and line of its history entry; null where it leaves the place as it is. */
export function placeOf(place: Place, position: bigint | null, version: bigint, line: number): bigint | null {
  const isCustom = position !== null && position >= customFrom
  if (isCustom || (place !== 'recent' && position !== null)) return position
  const time = version * linesMax + BigInt(line)
  return place === 'oldest' ? customFrom - time : time
}

/** The place that the user chose: rank 0 is the top, and what is sorted later is above what was sorted earlier. */
export function customPlaceOf(rank: bigint, version: bigint): bigint {
  return customFrom + version * linesMax + (linesMax - 1n - rank)
}
