import type { Storage } from '../storage/contract.ts'

type Value = string | number | null

/**
 * A statement cut at its places, and the values for them in the order in which they stand. PostgreSQL's places have numbers, and one that
 * stands twice gets its value twice.
 */
export function unnumbered(
  sql: string,
  parameters: readonly Value[],
  dialect: Storage['dialect'],
): { parts: string[]; values: Value[] } {
  // MySQL's statements have no places, and texts in them may look like some.
  if (parameters.length === 0) return { parts: [sql], values: [] }
  if (dialect !== 'postgres') return { parts: sql.split('?'), values: [...parameters] }
  const values = [...sql.matchAll(/\$(\d+)/g)].map(([, number]) => parameters[Number(number) - 1] ?? null)
  return { parts: sql.split(/\$\d+/), values }
}
