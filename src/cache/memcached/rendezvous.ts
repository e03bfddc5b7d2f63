/**
 * Says which of several servers has a key, by rendezvous hashing: every process that names the same servers, in whatever order, comes to the
 * same answer, and one server more takes its share of keys from all others and moves none between them.
 *
 * @param names the servers' names, at least one
 * @returns for a key, the place of its server in the list
 */
export function rendezvous(names: readonly string[]): (key: string) => number {
  if (names.length === 1) return () => 0
  const seeds = names.map(hashOf)
  return (key) => {
    const hash = hashOf(key)
    let winner = 0
    let most = -1
    for (const [place, seed] of seeds.entries()) {
      const score = mixed(hash ^ seed)
      // Two that score the same: the one whose name comes first, wherever it stands.
      if (score > most || (score === most && (names[place] ?? '') < (names[winner] ?? ''))) {
        most = score
        winner = place
      }
    }
    return winner
  }
}

/** FNV-1a over the characters, of which keys have but ASCII. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return mixed(hash)
}

/** Lets every bit of a number change about half of the bits of the result: the finalizer of MurmurHash3. */
function mixed(hash: number): number {
  let bits = hash
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
