/**
 * Holds a sum to what was acknowledged: no more and no less was written.
 *
 * @throws Error saying which sum is wrong
 */
export function expectMoved(what: string, moved: bigint, acknowledged: number): void {
  if (moved !== BigInt(acknowledged))
    throw new Error(`${what} moved by ${moved}, but ${acknowledged} was acknowledged: the run is void`)
}
