import { ConflictError, ConnectionLostError } from '../errors.ts'
import type { Announcing } from '../storage/cached-contract.ts'
import type { JoinedSession } from '../storage/contract.ts'
import type { LaneSettings } from './lane.ts'
import { SerialNumbers, type SerialSource } from './serial-numbers.ts'
import { Root, Scope, type Callback } from './transaction.ts'
import { Turn } from './turn.ts'

/** What was done inside the application's own transaction, whose outcome only the application learns. */
export interface Joined<T> {
  /** What the work returned. */
  readonly result: T
  /** Says that the application's transaction was committed: runs the callbacks of `onCommit`. Only what is said first counts. */
  committed(): Promise<void>
  /** Says that the application's transaction was rolled back: runs the callbacks of `onRollback`. Only what is said first counts. */
  rolledBack(): Promise<void>
}

/** The part of an application's transaction in which inventories take part. */
export class JoinedRoot extends Root {
  /**
   * Serial numbers taken inside the transaction, where a single writer leaves no other way. They are nobody else's, for they are free again if
   * it is rolled back; null where numbers are taken beside it.
   */
  readonly serials: SerialNumbers | null
  #versions: Promise<ReadonlyMap<string, number>> | null = null

  /** @param serials the user's own source of numbers */
  constructor(
    owner: object,
    session: JoinedSession,
    settings: {
      readonly clock: () => number
      readonly serials: SerialSource | null
      readonly isSingleWriter: boolean
      readonly announcer: () => Announcing | null
    },
  ) {
    const { clock, serials, isSingleWriter, announcer } = settings
    super(owner, async () => session, clock, announcer, false)
    const reserve = (atLeast: bigint, count: bigint): Promise<bigint> =>
      this.use(() => session.reserve('serials', atLeast, count))
    this.serials = isSingleWriter ? new SerialNumbers(reserve, clock, serials) : null
    this.#session = session
  }

  readonly #session: JoinedSession

  /** The schema versions as the application's connection sees them. */
  versions(): Promise<ReadonlyMap<string, number>> {
    this.#versions ??= this.use(() => this.#session.schemaVersions())
    return this.#versions
  }
}

// Savepoints are a stack: two parts of one transaction side by side would undo each other's work.
const turns = new WeakMap<object, Turn>()

/** Runs work after what is under way on the same connection. */
export function inTurn<T>(connection: object, work: () => Promise<T>): Promise<T> {
  let turn = turns.get(connection)
  if (turn === undefined) turns.set(connection, (turn = new Turn()))
  return turn.run(work)
}

/**
 * Runs work as a part of the application's transaction that is kept or undone as a whole.
 *
 * @param report runs callbacks
 */
export async function runJoined<T>(
  root: JoinedRoot,
  work: () => Promise<T>,
  lane: LaneSettings,
  report: (callbacks: readonly Callback[]) => Promise<void>,
): Promise<Joined<T>> {
  const scope = new Scope(root, 0, lane)
  let result: T
  try {
    // The savepoint is set already, so the session is to be ended even if nothing is done in it.
    await root.use(async () => undefined)
    result = await scope.run(work)
    await root.commit()
  } catch (error) {
    await root.rollback()
    root.withdraw()
    await report(scope.callbacks().onRollback)
    throw advised(root.fault ?? error)
  }
  const { onCommit, onRollback } = scope.callbacks()
  let isTold = false
  const tell = async (callbacks: readonly Callback[]): Promise<void> => {
    if (isTold) return
    isTold = true
    // What the application undid of it, only the application knows: so the new values are not known here.
    root.withdraw()
    await report(callbacks)
  }
  return { result, committed: () => tell(onCommit), rolledBack: () => tell(onRollback) }
}

/** What Stockpile would run again by itself, only the application can here. */
function advised(error: unknown): unknown {
  if (!(error instanceof ConflictError || error instanceof ConnectionLostError)) return error
  const kind = error instanceof ConflictError ? ConflictError : ConnectionLostError
  const message = `${error.message}; roll the application's transaction back and run all of it again`
  return new kind(message, error.data, { cause: error.cause ?? error })
}
