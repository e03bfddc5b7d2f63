import { importsOf, type SourceFile } from './source-file.ts'

/** What a room may import of others. Its own files are always open to it. */
interface Room {
  readonly name: string
  /** The files that belong to it. */
  readonly files: RegExp
  /** What it may load. */
  readonly open: readonly RegExp[]
  /** What it may know the types of, besides. */
  readonly types?: readonly RegExp[]
  /** Packages and modules of Node's that it may import. */
  readonly packages: RegExp
}

const errors = /^src\/errors(?:\.ts$|\/)/
const model = /^src\/model\//
const contract = /^src\/storage\/(?:cached-)?contract\.ts$/
const cacheContract = /^src\/cache\/contract\.ts$/
const cacheDoor = /^src\/cache\/coherence\.ts$/
const cacheTypes = /^src\/cache\/(?:announcer|auditor|contract|statistics)\.ts$/
const dialectsAlike =
  /^src\/storage\/(?:borrow|by-deadline|places|refuse-endings|touches-holdings|try-anew|until-told)\.ts$/
const publicSurface =
  /^src\/(?:index|testing\/index|storage\/(?:sqlite|mysql|postgres)\/index|cache\/(?:memory|memcached|redis)\/index|cli\/index|server\/index)\.ts$/
const frontDoor = /^src\/ledger\/ledger\.ts$/
const frontDoorTypes = /^src\/ledger\/(?:history|verify)\.ts$/
const dialectDoors = /^src\/(?:storage\/(?:sqlite|mysql|postgres|shards)|cache\/(?:memcached|redis))\/index\.ts$/

function dialect(name: string, packages: RegExp): Room {
  return {
    name: `storage/${name}`,
    files: new RegExp(`^src/storage/${name}/`),
    open: [errors, model, contract, dialectsAlike, /^src\/ledger\/(?:batch|turn)\.ts$/],
    packages,
  }
}

function cache(name: string, packages: RegExp): Room {
  return {
    name: `cache/${name}`,
    files: new RegExp(`^src/cache/${name}/`),
    open: [errors, model, cacheContract, /^src\/cache\/options\.ts$/],
    packages,
  }
}

/** The rooms of `src` and the arrows between them; the first whose files match is a file's room. */
const rooms: readonly Room[] = [
  // Values: no I/O, no clock, no randomness. Hashing and showing are functions of their input.
  { name: 'errors', files: errors, open: [], packages: /^node:util$/ },
  { name: 'model', files: model, open: [errors], packages: /^(?:node:(?:util|crypto)|@standard-schema\/spec)$/ },
  {
    name: 'ledger',
    files: /^src\/ledger\//,
    open: [errors, model, contract, cacheDoor, /^src\/storage\/migrator\.ts$/],
    types: [cacheTypes],
    packages: /^(?:node:(?:async_hooks|diagnostics_channel|timers\/promises|process|util)|uuidv7)$/,
  },
  {
    name: 'storage',
    files: /^src\/storage\/[^/]+\.ts$/,
    open: [errors, contract],
    types: [model],
    packages: /^(?:node:timers\/promises|uuidv7)$/,
  },
  dialect('sqlite', /^(?:node:|(?:better-sqlite3|uuidv7)$)/),
  dialect('mysql', /^(?:node:|(?:mariadb|uuidv7)$)/),
  dialect('postgres', /^(?:node:|(?:pg|uuidv7)$)/),
  { name: 'storage/shards', files: /^src\/storage\/shards\//, open: [errors, contract], packages: /^node:/ },
  // The protocol, once for all caches: it knows what it needs of a database, and no database.
  {
    name: 'cache',
    files: /^src\/cache\/[^/]+\.ts$/,
    open: [errors, model],
    types: [contract],
    packages: /^(?:node:(?:diagnostics_channel|fs|os|process)|uuidv7)$/,
  },
  cache('memory', /^node:/),
  cache('memcached', /^node:/),
  cache('redis', /^(?:node:|redis$)/),
  {
    name: 'inventory',
    files: /^src\/inventory\//,
    open: [errors, model, frontDoor],
    types: [frontDoorTypes],
    packages: /^$/,
  },
  {
    name: 'wrap',
    files: /^src\/wrap\//,
    open: [errors, model, frontDoor, /^src\/inventory\/inventory\.ts$/],
    types: [frontDoorTypes],
    packages: /^$/,
  },
  // What speaks to clients of the application's, by their structure: it imports none of them.
  { name: 'clients', files: /^src\/clients\//, open: [errors, contract], packages: /^$/ },
  { name: 'testing', files: /^src\/testing\//, open: [/^src\/index\.ts$/], packages: /^node:/ },
  // Besides the command line's own, it takes a connection that knows nothing of Stockpile, for changes by hand.
  {
    name: 'cli/prove',
    files: /^src\/cli\/prove\//,
    open: [publicSurface, /^src\/cli\/[^/]+\.ts$/],
    packages: /^(?:node:|better-sqlite3$|mariadb$|pg$)/,
  },
  {
    name: 'cli',
    files: /^src\/cli\//,
    open: [publicSurface],
    packages: /^(?:node:|commander$|csv-parse(?:\/.*)?$|stockpile(?:\/.*)?$)/,
  },
  { name: 'server', files: /^src\/server\//, open: [/^src\/index\.ts$/], packages: /^node:/ },
  // What puts the rooms together: anything but a concrete dialect or server of a cache, and the rooms on top.
  {
    name: 'the front',
    files: /^src\/[^/]+\.ts$/,
    open: [/^src\/(?!storage\/[^/]+\/|cache\/(?:memcached|redis)\/|testing\/|cli\/|server\/)/],
    packages: /^$/,
  },
]

/**
 * Finds imports that go from one room of `src` to another where no arrow does.
 *
 * @returns a sentence for each
 */
export function findForbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    if (!file.path.startsWith('src/')) return []
    const room = rooms.find(({ files: own }) => own.test(file.path))
    if (room === undefined) return [`${file.path} is in no room: give it one in test/tidy/rooms.ts`]
    return importsOf(file).flatMap(({ target, isType }) => {
      if (isAllowed(room, file.path, target, isType)) return []
      const what = isType ? `the types of ${target}` : target
      return [`${file.path} imports ${what}, which ${room.name} may not`]
    })
  })
}

function isAllowed(room: Room, path: string, target: string, isType: boolean): boolean {
  if (!target.startsWith('src/')) return room.packages.test(target) || target.endsWith('package.json')
  if (room.name === 'wrap') {
    // A wrapper never imports another; what they extend is the exception.
    if (target.startsWith('src/wrap/')) return /^src\/wrap\/(?:passthru|sorter-layer)\.ts$/.test(target)
  } else if (room.name !== 'the front' && room.files.test(target)) return true
  if (dialectDoors.test(target) && room.name !== 'cli') return false
  return (
    [...room.open, ...(isType ? (room.types ?? []) : [])].some((pattern) => pattern.test(target)) && path !== target
  )
}

/**
 * Finds circles of files that load one another when the program runs.
 *
 * @returns each circle once, as the paths in their order
 */
export function findImportCircles(files: readonly SourceFile[]): string[] {
  const loads = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap(({ target, isType }) => (isType ? [] : [target]))]),
  )
  const circles = new Set<string>()
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start !== -1) circles.add([...way.slice(start), path].join(' -> '))
    if (start !== -1 || done.has(path)) return
    for (const target of loads.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const path of loads.keys()) visit(path, [])
  return [...circles]
}

const impurePattern =
  /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.now|randomUUID|randomBytes|setTimeout|process\.)/

/**
 * Finds clocks, randomness and the process in what must be pure: the model, and what settles.
 *
 * @returns a sentence for each
 */
export function findImpurities(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (!model.test(path) && path !== 'src/ledger/settle.ts' && path !== 'src/ledger/receipts.ts') return []
    const found = impurePattern.exec(text)?.[0]
    return found === undefined ? [] : [`${path} uses ${found}, and must answer from its arguments alone`]
  })
}
