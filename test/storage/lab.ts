import type { Storage } from '../../src/storage/contract.ts'
import type { OwnDatabase } from '../servers/create-database.ts'
import { openProbe, type Probe } from '../servers/probe.ts'

/** A database of its own with the tables of the app `farm`, and storage on it. */
export interface Lab extends AsyncDisposable {
  readonly url: string
  readonly storage: Storage
  /** A connection beside the storage's. */
  readonly probe: Probe
}

/** The lab of a database and a storage, both of which go with it. */
export async function labOf(database: OwnDatabase, storage: Storage): Promise<Lab> {
  const probe = await openProbe(database.url)
  return {
    url: database.url,
    storage,
    probe,
    async [Symbol.asyncDispose](): Promise<void> {
      await storage.close()
      await probe.close()
      await database.drop()
    },
  }
}
