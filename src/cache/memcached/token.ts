import type { Token } from '../contract.ts'

/**
 * The identity of an entry of memcached: its CAS id, which means something only to the connection that told it, because a server that was
 * started again counts from 1.
 */
export class MemcachedToken implements Token {
  readonly key: string
  readonly incarnation: string
  readonly cas: string
  /** The connection that told it. */
  readonly epoch: number

  constructor(key: string, incarnation: string, cas: string, epoch: number) {
    this.key = key
    this.incarnation = incarnation
    this.cas = cas
    this.epoch = epoch
  }
}
