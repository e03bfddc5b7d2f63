import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { root } from '../tidy/source-file.ts'
import { jsonOf, runCommand } from './command-line.ts'
import { dialects, openDatabase } from './databases.ts'
import { endOf, interruptApply, refusedName } from './resume.ts'

const file = process.env['STOCKPILE_RETAIL_CSV'] ?? join(root, '..', 'shared', 'data', 'online-retail.csv')
const isThere = existsSync(file)
const mapping = [
  '--app',
  'shop',
  '--deal',
  'InvoiceNo',
  '--item',
  'StockCode',
  '--quantity',
  'Quantity',
  '--user',
  'CustomerID',
]
const args = [
  'apply',
  file,
  ...mapping,
  '--default-user',
  'walk-in',
  '--data',
  'Country',
  '--refused',
  refusedName,
  '--tables',
  'auto',
  '--json',
]

interface Refusal {
  readonly deal: string
  readonly user: string
  readonly item: string
  readonly held: number
  readonly wanted: number
}

/** What must be held and refused, computed without any of Stockpile: an invoice as a whole, its lines in order, never below zero. */
function compute(text: string): { invoices: number; holdings: Map<string, bigint>; refusals: Refusal[] } {
  const line = /^([^,]*),([^,]*),(?:"(?:[^"]|"")*"|[^",]*),(-?\d+),[^,]*,(\d*),/
  const rows = text.trimEnd().split('\r\n').slice(1)
  const invoices = Map.groupBy(
    rows.map((row) => line.exec(row)!),
    (match) => match[1]!,
  )
  const held = new Map<string, number>()
  const refusals: Refusal[] = []
  for (const [deal, matches] of invoices) {
    const draft = new Map<string, number>()
    const refusal = matches
      .map(([, , item, quantity, customer]): Refusal | null => {
        const user = customer === '' ? 'walk-in' : customer!
        const name = `${user} ${item}`
        const before = draft.get(name) ?? held.get(name) ?? 0
        draft.set(name, before + Number(quantity))
        return before + Number(quantity) < 0
          ? { deal, user, item: item!, held: before, wanted: -Number(quantity) }
          : null
      })
      .find((found) => found !== null)
    if (refusal !== undefined) refusals.push(refusal)
    else for (const [name, quantity] of draft) held.set(name, quantity)
  }
  const holdings = [...held]
    .filter(([, quantity]) => quantity > 0)
    .map(([name, quantity]) => [name, BigInt(quantity)] as const)
  return { invoices: invoices.size, holdings: new Map(holdings), refusals }
}

function refusalsIn(text: string): Refusal[] {
  return text
    .trimEnd()
    .split('\n')
    .map((one) => {
      const { deal, data } = (JSON.parse(one) as { refused: { deal: string; data: Record<string, string> } }).refused
      return {
        deal,
        user: data['user']!,
        item: data['item']!,
        held: Number(data['held']),
        wanted: Number(data['wanted']),
      }
    })
}

const reason = isThere ? '' : ` (left out: ${file} is not there; STOCKPILE_RETAIL_CSV can name it)`

describe.skipIf(!isThere).each(dialects)(`the books of a real shop on %s${reason}`, { timeout: 240_000 }, (dialect) => {
  const text = isThere ? readFileSync(file, 'latin1') : ''

  it('leaves exactly the holdings and refusals that an independent computation finds', async () => {
    const { invoices, holdings, refusals } = compute(text)
    expect(invoices).toBe(2_342)
    await using database = await openDatabase(dialect)
    const ended = await runCommand(args, { folder: database.folder, storage: database.url })
    expect(jsonOf(ended)).toMatchObject({
      deals: invoices,
      applied: invoices - refusals.length,
      refused: refusals.length,
    })
    const users = new Set([...holdings.keys(), ...refusals.map(({ user }) => user)].map((name) => name.split(' ')[0]!))
    const end = await endOf(database, 'shop', users)
    expect(end.holdings).toEqual(holdings)
    expect(refusalsIn(end.refused)).toEqual(refusals)
    const report = jsonOf(await runCommand(['verify', 'shop', '--json'], { storage: database.url }))
    expect(report).toMatchObject({ apps: [{ breaks: [] }] })
  })

  it('is the same after it was killed and resumed', async () => {
    const { holdings, refusals } = compute(text)
    await using database = await openDatabase(dialect)
    const killed = await interruptApply(args, database, { signal: 'SIGKILL', refusals: 1 })
    // Once in a blue moon it is quicker than the kill.
    expect([null, 1]).toContain(killed.code)
    const ended = await runCommand(args, { folder: database.folder, storage: database.url })
    const { appliedBefore } = jsonOf(ended) as { appliedBefore: number }
    expect(appliedBefore).toBeGreaterThan(0)
    expect(jsonOf(ended)).toMatchObject({ isComplete: true, refused: refusals.length })
    const end = await endOf(database, 'shop', new Set([...holdings.keys()].map((name) => name.split(' ')[0]!)))
    expect(end.holdings).toEqual(holdings)
    expect(refusalsIn(end.refused)).toEqual(refusals)
  })
})
