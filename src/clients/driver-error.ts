// What SQLite calls its codes; node:sqlite tells the numbers alone.
const sqliteCodes: ReadonlyMap<number, string> = new Map([
  [5, 'SQLITE_BUSY'],
  [14, 'SQLITE_CANTOPEN'],
  [517, 'SQLITE_BUSY_SNAPSHOT'],
  [1555, 'SQLITE_CONSTRAINT_PRIMARYKEY'],
  [2067, 'SQLITE_CONSTRAINT_UNIQUE'],
])

type Facts = Readonly<Record<string, unknown>>

/**
 * What the driver threw, out of what a client wrapped around it: query builders put it into `cause`, `driverError` or `meta`.
 *
 * @returns the innermost error that has a code of the database's, or the error itself
 */
export function driverErrorOf(error: unknown): unknown {
  const seen = new Set<unknown>()
  for (let at = error; isObject(at) && !seen.has(at); at = inside(at)) {
    seen.add(at)
    const told = toldBy(at)
    if (told !== null) return told
  }
  return error
}

function inside(error: Facts): unknown {
  const { meta } = error
  if (isObject(meta) && isObject(meta['driverAdapterError'])) return meta['driverAdapterError']['cause']
  return error['driverError'] ?? error['cause']
}

function toldBy(error: Facts): unknown {
  const { errcode, errno, severity, originalCode, originalMessage, code } = error
  if (typeof errcode === 'number') {
    return Object.assign(new Error(String(error['message']), { cause: error }), {
      code: sqliteCodes.get(errcode) ?? `SQLITE_${errcode}`,
    })
  }
  if (typeof originalCode === 'string') {
    // Prisma tells the database's code and no more of it.
    const facts = /^\d+$/.test(originalCode) && originalCode.length < 5 ? { errno: Number(originalCode) } : {}
    const message = typeof originalMessage === 'string' ? originalMessage : String(error['message'])
    return Object.assign(new Error(message, { cause: error }), { code: originalCode, severity: 'ERROR', ...facts })
  }
  if (typeof errno === 'number' || typeof severity === 'string') return error
  return typeof code === 'string' && code.startsWith('SQLITE_') ? error : null
}

function isObject(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null
}
