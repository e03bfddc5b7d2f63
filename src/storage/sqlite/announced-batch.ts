import type { Announcing } from '../cached-contract.ts'
import type { AccountName, BatchRequest, Session, Settlement } from '../contract.ts'
import { packBatch, unpackAnswer, type AnswerMessage } from './batch-message.ts'
import type { Thread, SessionPlace } from './thread.ts'
import { unpackWrites, type WritesMessage } from './writes-message.ts'

/** What the thread answers when it has settled a batch: its transaction is committed, open, or over because there was nothing to save. */
export interface HeldAnswer {
  readonly answer: AnswerMessage
  readonly state: 'committed' | 'open' | 'over'
}

/**
 * Settles a batch in the thread, and announces what it writes while the thread saves it. Where the announcement is acknowledged by then, the
 * thread goes on and commits, which makes one way there and back; where it comes late or fails, or some of it is to be noted, there is a second.
 *
 * @param open makes the session that commits or rolls back what the thread holds
 * @returns what became of the deals
 * @throws what `Session` says, CacheMismatchError, CacheUnavailableError; the transaction was rolled back
 */
export async function settleAnnounced(
  thread: Thread,
  request: BatchRequest,
  announcing: Announcing,
  open: (place: SessionPlace) => Pick<Session, 'noteChanges' | 'commit' | 'rollback'>,
): Promise<readonly (Settlement | null)[]> {
  let announced: Promise<AccountName[]> | null = null
  const announce = async (writes: WritesMessage): Promise<AccountName[]> => {
    announcing.add(unpackWrites(writes))
    return announcing.announce()
  }
  const place = thread.place()
  const isComplete = (missing: readonly AccountName[]): boolean => missing.length === 0
  const held = thread.call<HeldAnswer>('hold', [place.number, packBatch(request), announcing.note], null, (writes) => {
    announced = announce(writes as WritesMessage)
    void announced
      .then(isComplete, () => false)
      .then((isYes) => {
        thread.decide(place, isYes)
      })
  })
  place.life = thread.life
  const session = open(place)
  try {
    const { answer, state } = await held.catch(async (error: unknown) => {
      // Intents that are on their way are to be withdrawn too.
      await announced?.catch(() => undefined)
      throw error
    })
    if (state === 'open') await end(session, request, announced)
    if (state !== 'over') announcing.committed()
    return unpackAnswer(answer, request.deals).settlements
  } catch (error) {
    announcing.withdraw()
    throw error
  }
}

/** Commits what was saved, as soon as it is announced; or rolls it back where it can't be. */
async function end(
  session: Pick<Session, 'noteChanges' | 'commit' | 'rollback'>,
  { id, deals }: BatchRequest,
  announced: Promise<AccountName[]> | null,
): Promise<void> {
  try {
    const missing = (await announced) ?? []
    if (missing.length > 0) await session.noteChanges(missing)
  } catch (error) {
    await session.rollback()
    throw error
  }
  const dealIds = deals.map((deal) => deal.id)
  await session.commit(id, dealIds)
}
