import { randomUUID } from 'node:crypto'
import { UnsupportedCacheError } from '../../errors.ts'
import { abilitiesOf, type Abilities } from './abilities.ts'
import { askAll } from './ask-all.ts'
import type { Connection } from './connection.ts'
import type { Reply } from './parser.ts'

/** What a server is and can do. */
export interface Features extends Abilities {
  /** The life of its process: a server that was started again has another one. */
  readonly incarnation: string
  /** The largest entry that it takes, in bytes. */
  readonly entryBytesMax: number
}

/** What became of a handshake: an error for what stays so until somebody changes the server, a reason for what may pass. */
export type Greeting =
  { readonly features: Features } | { readonly error: UnsupportedCacheError } | { readonly reason: string }

// What memcached takes unless it is told otherwise by -I.
const entryBytesUsual = 1024 * 1024

/**
 * Makes the acquaintance of a server: its version, its life, its settings, and whether it does what the protocol depends on.
 *
 * @param location how to name it in messages
 */
export async function greet(connection: Connection, location: string): Promise<Greeting> {
  const { replies, failure } = await askAll(connection, ['version\r\n', 'stats\r\n', 'stats settings\r\n'])
  const [version, stats, settings] = replies
  if (failure !== null && isRefusal(failure)) {
    const remedy = 'let Stockpile have one without passwords, which only its own machines can reach'
    return { error: new UnsupportedCacheError(location, `it wants to know who asks (${failure})`, remedy) }
  }
  if (failure !== null) return { reason: failure }
  if (version === undefined || stats === undefined || settings === undefined) return { reason: 'it said too little' }
  const abilities = abilitiesOf(version.code === 'VERSION' ? version.rest : version.code)
  const settled = statisticsOf(settings)
  if ('fault' in abilities) return { error: new UnsupportedCacheError(location, abilities.fault, abilities.remedy) }
  if (settled.get('cas_enabled') === 'no') {
    return { error: new UnsupportedCacheError(location, 'it runs with -C, without CAS ids', 'start it without -C') }
  }
  const life = statisticsOf(stats)
  const pid = life.get('pid')
  const started = Number(life.get('time')) - Number(life.get('uptime'))
  if (pid === undefined || !Number.isSafeInteger(started)) {
    const remedy = 'give the address of memcached itself, not of a proxy'
    return { error: new UnsupportedCacheError(location, "it doesn't say which process it is", remedy) }
  }
  const features: Features = {
    incarnation: `${pid}.${started}`,
    ...abilities,
    entryBytesMax: Number(settled.get('item_size_max') ?? entryBytesUsual),
  }
  return probe(connection, location, features)
}

/** Tries on a key of nobody else's that an entry is replaced by its own token, never by another, and that there is one lease. */
async function probe(connection: Connection, location: string, features: Features): Promise<Greeting> {
  const key = `stockpile:probe:${randomUUID()}`
  const first = await askAll(connection, [`ms ${key} 1 T10 F1 c\r\na\r\n`, `mg ${key} v c f\r\n`])
  if (first.failure !== null) return { reason: first.failure }
  const [stored, got] = first.replies
  // A full server that evicts nothing stores nothing; it still removes and answers.
  if (stored === undefined || got === undefined || stored.code !== 'HD' || got.code !== 'VA') return { features }
  const { cas } = stored
  const faults: string[] = []
  if (cas === '' || cas === '0' || got.cas !== cas) faults.push('it gives entries no CAS ids of their own')
  const second = await askAll(connection, [
    `ms ${key} 1 C${BigInt(`0${cas}`) + 1n} T10 F1\r\nb\r\n`,
    `ms ${key} 1 C${cas === '' ? '1' : cas} T10 F1\r\nc\r\n`,
    `md ${key} C${cas === '' ? '1' : cas}\r\n`,
    `md ${key}\r\n`,
    `mg ${key} v c f N10\r\n`,
    `mg ${key} v c f N10\r\n`,
    `md ${key}\r\n`,
  ])
  if (second.failure !== null) return { reason: second.failure }
  const [wrong, right, late, , lease, other] = second.replies
  if (wrong?.code === 'HD' || late?.code === 'HD') faults.push('it replaces an entry by the token of another')
  if (right?.code === 'EX') faults.push("it doesn't replace an entry by its own token")
  if (lease?.code === 'VA' && lease.lease !== 'won') faults.push('it gives no leases')
  if (other?.lease === 'won') faults.push('it gives one lease twice')
  const [fault] = faults
  if (fault === undefined) return { features }
  const remedy = 'start memcached without -C, and give its own address, not that of a proxy'
  return { error: new UnsupportedCacheError(location, fault, remedy) }
}

function statisticsOf({ rest }: Reply): ReadonlyMap<string, string> {
  return new Map(
    rest.split('\n').map((line): [string, string] => {
      const [name = '', ...value] = line.split(' ')
      return [name, value.join(' ')]
    }),
  )
}

function isRefusal(reason: string): boolean {
  return /CLIENT_ERROR unauthenticated|SERVER_ERROR unauth/i.test(reason)
}
