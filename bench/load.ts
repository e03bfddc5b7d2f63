import { processorTime } from './processor-time.ts'
import { quantileOf } from './statistics.ts'

/** What a run came to. */
export interface RunResult {
  readonly operations: number
  readonly seconds: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of this whole process for one operation, in microseconds. */
  readonly nodeMicros: number
  /** Of that, the event loop's thread. */
  readonly threadMicros: number
  /** Processor time of the server for one operation, in microseconds. */
  readonly serverMicros: number
  /** Likewise of the cache's server; 0 where there is none. */
  readonly cacheMicros: number
}

/** How a run is made. */
export interface LoadOptions {
  readonly callers: number
  readonly milliseconds: number
  readonly serverPid: number | null
  /** The cache's server; null, unless said otherwise, where there is none. */
  readonly cachePid?: number | null
}

// Enough for the fastest reads in the longest run of deals; more are counted and leave the quantiles as they are. Made once, for tens of
// megabytes in every run would keep the garbage collector busy with what isn't being measured.
const samplesMax = 1_000_000
const samples = new Float64Array(samplesMax)

/**
 * Keeps a number of callers busy for some time: each begins its next operation as soon as it has the answer to the last one.
 *
 * How long an operation took is counted from the same caller's answer before, so waiting for a thread that somebody else keeps busy
 * counts as what it is to the caller.
 *
 * @param operate does one operation; whatever it rejects with ends the run
 */
export async function load(
  { callers, milliseconds, serverPid, cachePid = null }: LoadOptions,
  operate: () => Promise<unknown>,
): Promise<RunResult> {
  let operations = 0
  const before = processorTime(serverPid, cachePid)
  const start = performance.now()
  const deadline = start + milliseconds
  const call = async (): Promise<void> => {
    for (let since = start; since < deadline;) {
      await operate()
      const now = performance.now()
      if (operations < samplesMax) samples[operations] = now - since
      operations += 1
      since = now
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const seconds = (performance.now() - start) / 1000
  const after = processorTime(serverPid, cachePid)
  const sorted = samples.subarray(0, Math.min(operations, samplesMax)).sort()
  const micros = (used: number): number => (used * 1000) / operations
  return {
    operations,
    seconds,
    perSecond: operations / seconds,
    p50Ms: quantileOf(sorted, 0.5),
    p99Ms: quantileOf(sorted, 0.99),
    nodeMicros: micros(after.node - before.node),
    threadMicros: micros(after.thread - before.thread),
    serverMicros: micros(after.server - before.server),
    cacheMicros: micros(after.cache - before.cache),
  }
}
