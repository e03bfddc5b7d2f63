import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Cache, CacheEntry, CacheFound, CacheIntended, CacheOptions, CacheToken } from '../index.ts'

/** Where caches are, such as a server, for as long as a claim is checked. */
export interface CachePlace {
  /** Makes a cache there, as another process would; a cache that lives in one process answers itself each time. */
  cache(): Cache
  /** Ends it, after its caches were closed. */
  end(): Promise<void>
}

/** A place that can die. */
export interface MortalCachePlace extends CachePlace {
  /** Kills it, without a word to anybody. */
  kill(): Promise<void>
  /** Brings it back, where it was. */
  restart(): Promise<void>
}

/** A kind of cache, of which the claims make as many as they need. */
export interface CacheBackend {
  readonly name: string
  /** Makes a place in which other things may lie, under other keys; all caches there have these options. */
  create(options: CacheOptions): Promise<CachePlace>
  /** Makes one that nobody else uses; left out where there is nothing that could die without the process. */
  createMortal?(options: CacheOptions): Promise<MortalCachePlace>
}

/** Something that must be true of every cache. */
export interface CacheClaim {
  /** It can be false. */
  readonly title: string
  /** The options of its caches, where they matter. */
  readonly options?: CacheOptions
  /** Whether it says something about a cache that dies; the backend needs `createMortal`. */
  readonly isAboutDeath?: boolean
  /** Rejects where it is false. */
  readonly run: (context: CacheContext) => Promise<void>
}

/** Whether a claim says anything about a kind of cache. */
export function isClaimApplicable({ isAboutDeath }: CacheClaim, backend: CacheBackend): boolean {
  return isAboutDeath !== true || backend.createMortal !== undefined
}

/**
 * Checks a claim, and leaves nothing open.
 *
 * @throws what the claim throws where it is false, AssertionError
 */
export async function runCacheClaim(claim: CacheClaim, backend: CacheBackend): Promise<void> {
  const { options = {} } = claim
  const mortal = claim.isAboutDeath === true ? await backend.createMortal?.(options) : undefined
  const place = mortal ?? (await backend.create(options))
  const context = new CacheContext(place, mortal)
  try {
    await claim.run(context)
  } finally {
    await context.cache.close()
    await context.other.close()
    await place.end()
  }
}

/** What a claim works with: two caches in the same place, keys that nobody else has, and short ways to say the usual. */
export class CacheContext {
  readonly cache: Cache
  /** Of another process. */
  readonly other: Cache
  /** The guard of all lookups here. */
  readonly guard: string
  readonly #mortal: MortalCachePlace | undefined
  readonly #prefix = `claim:${randomUUID()}:`

  constructor(place: CachePlace, mortal: MortalCachePlace | undefined) {
    this.cache = place.cache()
    this.other = place.cache()
    this.guard = this.key('guard')
    this.#mortal = mortal
  }

  /** The place, where it can die. */
  get mortal(): MortalCachePlace {
    assert.ok(this.#mortal, 'only a claim about death may kill')
    return this.#mortal
  }

  /** A key of this claim's own. */
  key(name: string): string {
    return this.#prefix + name
  }

  /** Finds one key and its guard. */
  async find(name: string, cache = this.cache, known?: CacheToken): Promise<CacheFound> {
    const [found, ...more] = await cache.find([{ key: this.key(name), guard: this.guard, known }])
    assert.ok(found)
    assert.deepEqual(more, [])
    return found
  }

  /** What lies under a key, or a lease on it. */
  async look(name: string, cache = this.cache, known?: CacheToken): Promise<CacheEntry> {
    return (await this.find(name, cache, known)).entry
  }

  /** Takes a lease on a key in which nothing lies. */
  async lease(name: string, cache = this.cache): Promise<CacheToken> {
    return leasedIn(await this.look(name, cache))
  }

  /** Puts a value under a key in which nothing lies. */
  async fill(name: string, text: string, cache = this.cache): Promise<void> {
    assert.equal(await this.store(await this.lease(name, cache), text, cache), true, `${name} was filled`)
  }

  async store(token: CacheToken, text: string, cache = this.cache): Promise<boolean> {
    const answers = await cache.store([{ token, text }])
    assert.equal(answers.length, 1)
    return answers[0] === true
  }

  /** Puts an intent under a key. */
  async intend(name: string, cache = this.cache): Promise<Acknowledged> {
    const [intended] = await cache.intend([{ key: this.key(name), guard: this.guard }])
    return acknowledged(intended)
  }

  /** Gives every server's copy of the guard a value. */
  async fillGuard(text: string, cache = this.cache): Promise<void> {
    const tokens = await cache.intendGuard(this.guard)
    assert.ok(tokens !== null && tokens.length > 0, 'the guard has its intents')
    const stored = await cache.store(tokens.map((token) => ({ token, text })))
    assert.ok(
      stored.every((isStored) => isStored),
      'every copy of the guard was filled',
    )
  }
}

type Acknowledged = Extract<CacheIntended, { isAcknowledged: true }>

/** An intent that was acknowledged. */
export function acknowledged(intended: CacheIntended | undefined): Acknowledged {
  assert.ok(intended?.isAcknowledged === true, `the intent was acknowledged: ${JSON.stringify(intended)}`)
  return intended
}

/** The token of a lease. */
export function leasedIn(entry: CacheEntry): CacheToken {
  assert.equal(entry.state, 'leased')
  assert.ok(entry.state === 'leased')
  return entry.token
}

/** The token of a value. */
export function valueIn(entry: CacheEntry, text: string): CacheToken {
  assert.equal(entry.state, 'value')
  assert.ok(entry.state === 'value')
  assert.equal(entry.text, text)
  return entry.token
}

/** Checks that nothing is to be had, and why. */
export function isBusy(entry: CacheEntry, reason: Extract<CacheEntry, { state: 'busy' }>['reason']): void {
  assert.deepEqual(entry, { state: 'busy', reason })
}
