/** What a version of memcached can do beyond what is needed. */
export interface Abilities {
  /** Whether CAS ids can be given, since 1.6.27. */
  readonly hasGivenCas: boolean
  /** Whether a value can be asked for only if it has changed, since 1.6.40. */
  readonly hasConditionalGet: boolean
}

/** Why a server can't be used, and what to do about it. */
export interface Fault {
  readonly fault: string
  readonly remedy: string
}

// From here on a store tells the CAS id of what it stored, without which an intent would have no token.
const versionMin = [1, 6, 13] as const
const givenCasSince = [1, 6, 27] as const
// Older ones take the flag and ignore it, so only the version tells.
const conditionalGetSince = [1, 6, 40] as const

/**
 * Says what a server can do.
 *
 * @param version what it answers to `version`, such as `1.6.18`
 */
export function abilitiesOf(version: string): Abilities | Fault {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)
  if (numbers === undefined) {
    const fault = `it calls itself ${JSON.stringify(version.slice(0, 40))}, which is no version of memcached`
    return { fault, remedy: 'give the address of memcached itself, not of a proxy' }
  }
  if (!isAtLeast(numbers, versionMin)) {
    return { fault: `it is memcached ${version}`, remedy: `install ${versionMin.join('.')} or newer` }
  }
  return {
    hasGivenCas: isAtLeast(numbers, givenCasSince),
    hasConditionalGet: isAtLeast(numbers, conditionalGetSince),
  }
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const differs = least.findIndex((part, index) => version[index] !== part)
  return differs === -1 || (version[differs] ?? 0) > (least[differs] ?? 0)
}
