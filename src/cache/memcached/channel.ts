import type { CacheSettings, Found, Intended, Lookup, Token } from '../contract.ts'
import { askAll } from './ask-all.ts'
import type { Connection } from './connection.ts'
import { drawCas } from './draw-cas.ts'
import type { Features } from './handshake.ts'
import type { Reply } from './parser.ts'
import { intentFlags, Round, unreachable, valueFlags } from './round.ts'
import { MemcachedToken } from './token.ts'

// What an entry takes besides its key and its value, generously: 56 bytes of header in memcached 1.6, and a chunk's of a long value.
const entryOverheadBytes = 512

// Whoever asks for more together gets a round of their own: it is answered while the server is at the next one.
const keysPerRound = 32

/** A connection to a server that is known to do what the protocol depends on: the contract's calls, for the keys of this server. */
export class Channel {
  readonly #connection: Connection
  readonly #features: Features
  readonly #valueBytesMax: number
  readonly #leasePart: string
  readonly #ttlSeconds: number
  readonly #intentSeconds: number
  #round: Round | null = null
  #text = ''
  /** What the commands of the open round end with, if they ask for a value. */
  #ending = ''

  constructor(connection: Connection, features: Features, settings: CacheSettings) {
    this.#connection = connection
    this.#features = features
    this.#valueBytesMax = settings.valueBytesMax
    this.#leasePart = ` N${Math.ceil(settings.leaseMs / 1_000)}`
    this.#ttlSeconds = Math.ceil(settings.ttlMs / 1_000)
    this.#intentSeconds = Math.ceil(settings.intentMs / 1_000)
    connection.beforeFlush = () => this.#closeRound()
  }

  get epoch(): number {
    return this.#connection.epoch
  }

  /** What the contract says of `find`. */
  find(lookups: readonly Lookup[]): Promise<Found[]> {
    for (const { known } of lookups) if (known !== undefined) return this.#findAgain(lookups)
    return this.#findNew(lookups)
  }

  /** What the contract says of `intend`: what was there, the intent, and then each guard once. */
  async intend(lookups: readonly Lookup[]): Promise<Intended[]> {
    const guards = [...new Set(lookups.map(({ guard }) => guard))]
    const { replies, failure } = await this.#ask([
      ...lookups.flatMap(({ key }) => [`mg ${key} v f\r\n`, this.#intent(key)]),
      ...guards.map((guard) => `mg ${guard} v f\r\n`),
    ])
    const refused = lookups.filter((_, index) => {
      const stored = replies[index * 2 + 1]
      return stored !== undefined && stored.code !== 'HD'
    })
    const isRemoved = new Map((await this.#removeAll(refused)).map((isGone, index) => [refused[index], isGone]))
    return lookups.map((lookup, index) => {
      const stored = replies[index * 2 + 1]
      if (stored === undefined) return { isAcknowledged: false, reason: failure ?? 'it gave no answer' }
      const isStored = stored.code === 'HD'
      if (!isStored && isRemoved.get(lookup) !== true) {
        return { isAcknowledged: false, reason: `it stored no intent (${stored.code} ${stored.rest})` }
      }
      return {
        isAcknowledged: true,
        token: isStored ? this.#token(lookup.key, stored.cas) : null,
        before: valueOf(replies[index * 2]),
        guard: valueOf(replies[lookups.length * 2 + guards.indexOf(lookup.guard)]),
        incarnation: this.#features.incarnation,
      }
    })
  }

  /**
   * Puts an intent on this server's copy of a guard, or removes that.
   *
   * @returns the intent's token, null where the copy was removed; undefined where neither was acknowledged
   */
  async intendGuard(guard: string): Promise<Token | null | undefined> {
    const { replies } = await this.#ask([this.#intent(guard)])
    const [stored] = replies
    if (stored === undefined) return undefined
    if (stored.code === 'HD') return this.#token(guard, stored.cas)
    const [isGone] = await this.remove([guard])
    return isGone === true ? null : undefined
  }

  /** What the contract says of `store`; a token of another connection, and a value that is too large, are not sent. */
  async store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]> {
    const sent: number[] = []
    const commands: string[] = []
    let isAscii = true
    for (const [index, { token, text }] of values.entries()) {
      const bytes = Buffer.byteLength(text)
      if (!this.#isOwn(token) || !this.#hasRoomFor(token.key, bytes)) continue
      if (bytes !== text.length) isAscii = false
      sent.push(index)
      const given = this.#givenCas()
      commands.push(`ms ${token.key} ${bytes} C${token.cas} T${this.#ttlSeconds} F${valueFlags}${given}\r\n${text}\r\n`)
    }
    const { replies } = await this.#ask(commands, isAscii)
    const isStored = values.map(() => false)
    for (const [place, index] of sent.entries()) isStored[index] = replies[place]?.code === 'HD'
    return isStored
  }

  /** What the contract says of `release`. */
  async release(tokens: readonly Token[]): Promise<void> {
    const own = tokens.filter((token): token is MemcachedToken => this.#isOwn(token))
    await this.#ask(own.map(({ key, cas }) => `md ${key} C${cas}\r\n`))
  }

  /** What the contract says of `remove`. */
  async remove(keys: readonly string[]): Promise<boolean[]> {
    const { replies } = await this.#ask(keys.map((key) => `md ${key}\r\n`))
    return keys.map((_, index) => {
      const code = replies[index]?.code
      return code === 'HD' || code === 'NF'
    })
  }

  /** Ends the connection when all that was sent is answered. */
  async close(): Promise<void> {
    await this.#connection.drain()
  }

  #findNew(lookups: readonly Lookup[]): Promise<Found[]> {
    // Only what is known can have changed without its new value being told.
    return this.#look(lookups, false) as Promise<Found[]>
  }

  async #findAgain(lookups: readonly Lookup[]): Promise<Found[]> {
    const found = await this.#look(lookups, true)
    const changed = lookups.filter((_, index) => found[index] === null)
    // The guard has to be read again as well: after the value.
    const rest = changed.length === 0 ? [] : await this.#findNew(changed)
    return found.map((one) => one ?? rest.shift() ?? { entry: unreachable, guard: unreachable })
  }

  #look(lookups: readonly Lookup[], mayKnow: boolean): Promise<(Found | null)[]> {
    if (this.#round === null) {
      this.#round = new Round(this.#features.incarnation, this.#connection.epoch)
      // All leases of a round may have the same CAS id, under keys of their own.
      this.#ending = `${this.#leasePart}${this.#givenCas()}\r\n`
    }
    const round = this.#round
    let text = this.#text
    for (const { key, guard, known } of lookups) {
      const token = mayKnow && known !== undefined && this.#isOwn(known) && known.key === key ? known : undefined
      text += this.#lookup(key, token)
      round.add(key, guard, token)
    }
    this.#text = text
    const found = round.answer(lookups.length)
    if (round.keyCount >= keysPerRound) this.#closeRound()
    else this.#connection.flushSoon()
    return found
  }

  #lookup(key: string, known: MemcachedToken | undefined): string {
    const ending = this.#ending
    if (known === undefined) return `mg ${key} v c f${ending}`
    return this.#features.hasConditionalGet ? `mg ${key} v c f C${known.cas}${ending}` : `mg ${key} c f${ending}`
  }

  /** Sends the open round, its guards last: anything else that is sent comes after it. */
  #closeRound(): void {
    const round = this.#round
    if (round === null) return
    let text = this.#text
    for (const guard of round.guards) text += this.#lookup(guard, undefined)
    this.#round = null
    this.#text = ''
    this.#connection.send(text, round)
  }

  #ask(commands: readonly string[], isAscii = true) {
    this.#closeRound()
    return askAll(this.#connection, commands, isAscii)
  }

  async #removeAll(lookups: readonly Lookup[]): Promise<boolean[]> {
    return lookups.length === 0 ? [] : this.remove(lookups.map(({ key }) => key))
  }

  #intent(key: string): string {
    return `ms ${key} 0 T${this.#intentSeconds} F${intentFlags} c${this.#givenCas()}\r\n\r\n`
  }

  #givenCas(): string {
    return this.#features.hasGivenCas ? ` E${drawCas()}` : ''
  }

  #token(key: string, cas: string): MemcachedToken {
    return new MemcachedToken(key, this.#features.incarnation, cas, this.#connection.epoch)
  }

  /** What is too large would not only be refused: it would remove the entry that is there, whatever the token. */
  #hasRoomFor(key: string, bytes: number): boolean {
    const entryBytes = key.length + bytes + entryOverheadBytes
    return bytes <= this.#valueBytesMax && entryBytes <= this.#features.entryBytesMax
  }

  #isOwn(token: Token): token is MemcachedToken {
    return token instanceof MemcachedToken && token.epoch === this.#connection.epoch
  }
}

function valueOf(reply: Reply | undefined): string | null {
  return reply !== undefined && reply.code === 'VA' && reply.flags === valueFlags ? reply.text : null
}
