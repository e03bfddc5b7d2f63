import { Stockpile, type Inventory } from '../../src/index.ts'
import { createDatabase, type OwnDatabase } from '../servers/create-database.ts'
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts'
import { openStorage } from './open-storage.ts'

/** How long to wait where the database is gone for good: short, for nobody will answer. */
const shortWaits = { outcomeWaitMs: 400, lockWaitMs: 1_000 }

/** A database of its own that one Stockpile reaches through a proxy which loses things, and another one directly. */
export class LostConnection implements AsyncDisposable {
  readonly proxy: FaultProxy
  /** Behind the proxy. */
  readonly stockpile: Stockpile
  /** Beside the proxy: sees what is really there. */
  readonly witness: Stockpile
  readonly #database: OwnDatabase

  private constructor(database: OwnDatabase, proxy: FaultProxy, stockpile: Stockpile, witness: Stockpile) {
    this.#database = database
    this.proxy = proxy
    this.stockpile = stockpile
    this.witness = witness
  }

  /**
   * Makes the database, with 100 gold of ann in it.
   *
   * @param isForGood whether the database will not come back, so that nobody shall wait for it
   */
  static async open(serverUrl: string, isForGood = false): Promise<LostConnection> {
    const database = await createDatabase(serverUrl)
    const { hostname: host, port } = new URL(serverUrl)
    const proxy = await startFaultProxy({ host, port: Number(port) })
    const storage = await openStorage(proxy.through(database.url), isForGood ? shortWaits : {})
    const witness = new Stockpile({ storage: await openStorage(database.url) })
    await witness.migrate(['chaos'])
    await witness.tally('chaos', 'ann').add('gold', 100)
    return new LostConnection(database, proxy, new Stockpile({ storage }), witness)
  }

  /** An account, reached through the proxy. */
  tally(user: string): Inventory<bigint> {
    return this.stockpile.tally('chaos', user)
  }

  /** What is really in the history of all users, as text, without the beginning. */
  async truth(...users: readonly string[]): Promise<string[]> {
    const entries = await Promise.all(
      users.map(async (user) => {
        const history = await this.witness.tally('chaos', user).history()
        return history.reverse().map(({ version, item, change, deal }) => ({ user, version, item, change, deal }))
      }),
    )
    const { breaks } = await this.witness.verify('chaos')
    return [
      ...breaks.map(({ message }) => message),
      ...entries
        .flat()
        .filter(({ user, version }) => user !== 'ann' || version > 1n)
        .map(({ user, item, change }) => `${user} ${item} ${change}`),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stockpile.close()
    await this.witness.close()
    await this.proxy.stop()
    await this.#database.drop()
  }
}
