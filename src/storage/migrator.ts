import { uuidv7 } from 'uuidv7'
import { SchemaTooNewError, SchemaTooOldError, TablesMissingError } from '../errors.ts'
import type { MigrationStep, SchemaSession, Storage } from './contract.ts'

/** A migration that was applied. */
export interface Migration {
  /** `shared` for the tables that all apps share, or the app's name. */
  readonly name: string
  /** The schema version that it led to. */
  readonly version: number
  readonly title: string
}

/** Tables that are brought up to date together. */
interface Schema {
  readonly name: string
  readonly steps: readonly MigrationStep[]
}

/**
 * Makes the tables and brings them up to date: numbered steps, under a lock, never inside a transaction of the user's. Two processes that
 * start at once migrate one after the other, and the second finds nothing to do.
 */
export class Migrator {
  readonly #storage: Storage
  readonly #tables: 'auto' | 'migrate'
  readonly #ready = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()

  /** @param tables whether missing tables are made when they are needed, or by `migrate` alone */
  constructor(storage: Storage, tables: 'auto' | 'migrate') {
    this.#storage = storage
    this.#tables = tables
  }

  /** Whether the tables of an app are known to be there and up to date; asks nobody. */
  isReady(app: string): boolean {
    return this.#ready.has(app)
  }

  /** Whether the tables of an app are there and up to date; asks the database, and knows it from then on. */
  async isThere(app: string): Promise<boolean> {
    const versions = await this.#storage.schemaVersions()
    const isThere = this.#schemas([app]).every(({ name, steps }) => (versions.get(name) ?? 0) === steps.length)
    // Otherwise a transaction would ask for ever.
    if (isThere) this.#ready.add(app)
    return isThere
  }

  /**
   * Sees to it that an app can be used.
   *
   * @throws TablesMissingError and SchemaTooOldError where tables are made by `migrate` alone, SchemaTooNewError
   */
  async prepare(app: string): Promise<void> {
    let work = this.#underWay.get(app)
    if (work === undefined) {
      work = this.#prepare(app).finally(() => this.#underWay.delete(app))
      this.#underWay.set(app, work)
    }
    await work
  }

  /**
   * Sees whether an app can be used, by the schema versions that were read; makes nothing.
   *
   * @throws TablesMissingError, SchemaTooOldError, SchemaTooNewError
   */
  require(app: string, versions: ReadonlyMap<string, number>): void {
    const behind = this.#behind(app, versions)
    if (behind !== undefined) throw this.#lack(app, versions, behind)
    this.#ready.add(app)
  }

  /**
   * Brings the shared tables, those of every app that the database knows, and those of the named apps up to date.
   *
   * @returns what was done, in order; empty when all was up to date
   * @throws SchemaTooNewError; nothing was changed
   */
  async migrate(apps: readonly string[]): Promise<Migration[]> {
    const session = await this.#storage.alter()
    try {
      return await this.#migrate(session, apps)
    } finally {
      await session.end()
    }
  }

  async #prepare(app: string): Promise<void> {
    const versions = await this.#storage.schemaVersions()
    const behind = this.#behind(app, versions)
    if (behind !== undefined) {
      if (this.#tables !== 'auto') throw this.#lack(app, versions, behind)
      await this.migrate([app])
    }
    this.#ready.add(app)
  }

  /** The schema that an app needs and that lacks steps. */
  #behind(app: string, versions: ReadonlyMap<string, number>): Schema | undefined {
    return this.#schemas([app]).find(({ name, steps }) => checked(name, versions, steps) < steps.length)
  }

  #lack(app: string, versions: ReadonlyMap<string, number>, { name, steps }: Schema): Error {
    const found = versions.get(name) ?? 0
    if (found === 0) return new TablesMissingError(app, this.#storage.location)
    return new SchemaTooOldError({ name: labelOf(name), found, known: steps.length })
  }

  async #migrate(session: SchemaSession, apps: readonly string[]): Promise<Migration[]> {
    const versions = await session.versions()
    const known = [...versions.keys()]
      .filter((name) => name.startsWith(appPrefix))
      .map((name) => name.slice(appPrefix.length))
    const schemas = this.#schemas([...new Set([...known, ...apps])].sort())
    for (const { name, steps } of schemas) checked(name, versions, steps)
    // What tells this database from its copies: written once, never changed.
    await session.note('identity', uuidv7())
    const done: Migration[] = []
    for (const { name, steps } of schemas) {
      for (const step of steps.slice(versions.get(name) ?? 0)) {
        await session.apply(name, step)
        done.push({ name: labelOf(name), version: step.version, title: step.title })
      }
    }
    return done
  }

  #schemas(apps: readonly string[]): Schema[] {
    const { migrations } = this.#storage
    return [
      { name: 'shared', steps: migrations.shared },
      ...apps.map((name) => ({ name: `${appPrefix}${name}`, steps: migrations.app(name) })),
    ]
  }
}

const appPrefix = 'app:'

function labelOf(name: string): string {
  return name.startsWith(appPrefix) ? name.slice(appPrefix.length) : name
}

/** The version of a schema, unless it is newer than this Stockpile knows. */
function checked(name: string, versions: ReadonlyMap<string, number>, steps: readonly MigrationStep[]): number {
  const found = versions.get(name) ?? 0
  if (found > steps.length) throw new SchemaTooNewError({ name: labelOf(name), found, known: steps.length })
  return found
}
