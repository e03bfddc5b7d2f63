/** A place in a file. */
export interface Place {
  /** What the file is called in messages. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

const places = new WeakMap<object, Place>()

/** Notes in which place of a file an error came up, and hands it on. */
export function atPlace(place: Place, error: unknown): unknown {
  if (typeof error === 'object' && error !== null) places.set(error, place)
  return error
}

/** In which place an error came up; undefined where nobody noted one. */
export function placeOf(error: unknown): Place | undefined {
  return typeof error === 'object' && error !== null ? places.get(error) : undefined
}
