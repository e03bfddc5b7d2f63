import type { HoldingAnswer, HoldingRow, SerialRow } from '../storage/contract.ts'
import type { AccountWrites } from './account-writes.ts'

/**
 * What a value says: a line of stamps, a line for each holding, an empty line, and a line for each serial, those of one item together. Fields
 * are parted by tabs, which no id has, and lines by newlines, which JSON never has inside. One item is found without reading the others.
 *
 * ```text
 * 1 <incarnation> <generation> <version>
 * gold 250 0 -
 * sword 0 2 17
 *
 * sword 4711 {"level":3}
 * sword 4712 []
 * ```
 *
 * An account that is too large to be kept, or has an item that only somebody who writes by hand could name so, with a tab or a newline, has `*`
 * in place of all that follows the stamps, so that nobody tries again.
 */
export interface Stamps {
  /** The life of the server's process that the value belongs to. */
  readonly incarnation: string
  /** The generation of the app that it was read under. */
  readonly generation: string
  /** The version of the account. */
  readonly version: bigint
}

// Another format is another number here: a value with a number that isn't known is no value.
const format = '1'
const tooLarge = '\n*'
const versionPattern = /^\d{1,19}$/
const tabulator = 9
const newline = 10
const blank = 32
const zero = 48
const nine = 57

// Each row that is written in place takes a copy of the text.
const rowsInPlaceMax = 8

const versionDigitsMax = 19
// More may not fit a `number`.
const exactDigitsMax = 15

/** Reads the stamps of a value; undefined for a text that is none. */
export function stampsOf(text: string): Stamps | undefined {
  const end = text.indexOf('\n')
  const [number, incarnation, generation, version, ...rest] = text.slice(0, end === -1 ? text.length : end).split(' ')
  if (number !== format || incarnation === undefined || generation === undefined || rest.length > 0) return undefined
  if (version === undefined || !versionPattern.test(version)) return undefined
  return { incarnation, generation, version: BigInt(version) }
}

// Many values are read under one guard.
let last = { guard: '', incarnation: '', isPresent: false }

/**
 * The version of a value of the present: of this life of the server, and of the generation that its guard tells.
 *
 * @returns null for a value of another time, and for a text that is no value
 */
export function presentVersion(text: string, guard: string, incarnation: string): bigint | null {
  // A value begins as its guard does: comparing is a fraction of taking both apart, and this is done with every read.
  if (guard !== last.guard || incarnation !== last.incarnation) {
    last = { guard, incarnation, isPresent: (generationOf(guard, incarnation) ?? '') !== '' }
  }
  if (!last.isPresent) return null
  if (!text.startsWith(guard) || text.charCodeAt(guard.length) !== blank) return null
  return versionAt(text, guard.length + 1)
}

/** The version that stands at the end of the first line; null for what is none. */
function versionAt(text: string, start: number): bigint | null {
  let end = start
  while (end < text.length && text.charCodeAt(end) !== newline) end += 1
  return isDigits(text, start, end) && end - start <= versionDigitsMax ? wholeAt(text, start, end) : null
}

/** The whole number that stands here. Most are so small that a `number` is exact, and makes a bigint in a fraction of the time. */
function wholeAt(text: string, start: number, end: number): bigint {
  if (end - start > exactDigitsMax || !isDigits(text, start, end)) return BigInt(text.slice(start, end))
  let whole = 0
  for (let at = start; at < end; at += 1) whole = whole * 10 + text.charCodeAt(at) - zero
  return BigInt(whole)
}

function isDigits(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at)
    if (code < zero || code > nine) return false
  }
  return end > start
}

/** Whether a value only says that its account is too large. */
export function isTooLarge(text: string): boolean {
  return text.endsWith(tooLarge)
}

const breaksLines = /[\t\n]/

/** Writes the value of an account; where an item has a name that would break it, one that says nothing but the stamps. */
export function accountText(
  stamps: Stamps,
  { holdings, serials }: Pick<HoldingAnswer, 'holdings' | 'serials'>,
): string {
  const serialsOf = Map.groupBy(serials, ({ item }) => item)
  if ([...holdings.map(({ item }) => item), ...serialsOf.keys()].some((item) => breaksLines.test(item)))
    return tooLargeText(stamps)
  const holdingLines = holdings.map(holdingLine)
  const serialLines = [...serialsOf.values()].flat().map(serialLine)
  return textOf(stamps, holdingLines.join('\n'), serialLines.join('\n'))
}

/** Writes a value that only says that its account is too large. */
export function tooLargeText(stamps: Stamps): string {
  return `${headOf(stamps)}${tooLarge}`
}

/** Writes the value of a guard. */
export function guardText(incarnation: string, generation: bigint): string {
  return `${format} ${incarnation} ${generation}`
}

/** Reads the generation of a guard's value; undefined where it is of another life of the server, or no such value. */
export function generationOf(text: string, incarnation: string): string | undefined {
  const [number, life, generation, ...rest] = text.split(' ')
  return number === format && life === incarnation && rest.length === 0 ? generation : undefined
}

const none: readonly SerialRow[] = []

/**
 * Reads what a query asks for out of a value that isn't too large.
 *
 * @param items null for all
 */
export function answerOf(
  text: string,
  { app, user, items, hasSerials }: { app: string; user: string; items: readonly string[] | null; hasSerials: boolean },
): Pick<HoldingAnswer, 'holdings' | 'serials'> {
  const holdings = items === null ? holdingsOf(text, app, user) : namedHoldingsOf(text, app, user, items)
  if (!hasSerials) return { holdings, serials: none }
  const { serials: serialList } = sectionsOf(text)
  if (serialList === '') return { holdings, serials: none }
  const serialLines = items === null ? linesOf(serialList) : items.flatMap((item) => groupOf(serialList, item))
  const serials = serialLines.map((line): SerialRow => {
    const [item, serial, properties] = serialParts(line)
    return { app, user, item, serial: BigInt(serial), properties }
  })
  return { holdings, serials }
}

/**
 * Does to the value of an account what was written to the account.
 *
 * @param stamps with the account's version afterwards
 * @param writes in their order
 */
export function patched(text: string, stamps: Stamps, writes: readonly AccountWrites[]): string {
  const { holdings, serials } = sectionsOf(text)
  let serialText = serials
  let rows = 0
  for (const { holdingsGone, holdingsChanged, holdingsNew, serialsGone, serialsChanged, serialsNew } of writes) {
    rows += holdingsGone.length + holdingsChanged.length + holdingsNew.length
    const kept = [...serialsChanged, ...serialsNew]
    if (serialsGone.length > 0 || kept.length > 0) serialText = patchedSerials(serialText, serialsGone, kept)
  }
  const patchedHoldings = rows <= rowsInPlaceMax ? patchedInPlace(holdings, writes) : patchedAtOnce(holdings, writes)
  return textOf(stamps, patchedHoldings, serialText)
}

/** Replaces lines one by one: of an account of a hundred items, in a tenth of the time that all lines take. */
function patchedInPlace(section: string, writes: readonly AccountWrites[]): string {
  // Each line with the newline before it.
  let lines = section === '' ? '' : `\n${section}`
  for (const { holdingsGone, holdingsChanged, holdingsNew } of writes) {
    for (const { item } of holdingsGone) lines = withLine(lines, item, '')
    for (const row of holdingsChanged) lines = withLine(lines, row.item, `\n${holdingLine(row)}`)
    for (const row of holdingsNew) lines = withLine(lines, row.item, `\n${holdingLine(row)}`)
  }
  return lines.slice(1)
}

function withLine(lines: string, item: string, line: string): string {
  const start = lines.indexOf(`\n${item}\t`)
  if (start === -1) return lines + line
  const end = lines.indexOf('\n', start + 1)
  return lines.slice(0, start) + line + (end === -1 ? '' : lines.slice(end))
}

function patchedAtOnce(section: string, writes: readonly AccountWrites[]): string {
  const lines = new Map(linesOf(section).map((line) => [line.slice(0, line.indexOf('\t')), line]))
  for (const { holdingsGone, holdingsChanged, holdingsNew } of writes) {
    for (const { item } of holdingsGone) lines.delete(item)
    for (const row of holdingsChanged) lines.set(row.item, holdingLine(row))
    for (const row of holdingsNew) lines.set(row.item, holdingLine(row))
  }
  return [...lines.values()].join('\n')
}

function patchedSerials(text: string, gone: readonly SerialRow[], kept: readonly SerialRow[]): string {
  const groups = new Map<string, Map<string, string>>()
  for (const line of linesOf(text)) {
    const [item, serial] = serialParts(line)
    put(groups, item, serial, line)
  }
  for (const { item, serial } of gone) groups.get(item)?.delete(serial.toString())
  for (const row of kept) put(groups, row.item, row.serial.toString(), serialLine(row))
  return [...groups.values()].flatMap((group) => [...group.values()]).join('\n')
}

function put(groups: Map<string, Map<string, string>>, item: string, serial: string, line: string): void {
  const group = groups.get(item) ?? new Map<string, string>()
  groups.set(item, group)
  group.set(serial, line)
}

function headOf({ incarnation, generation, version }: Stamps): string {
  return `${format} ${incarnation} ${generation} ${version}`
}

function textOf(stamps: Stamps, holdings: string, serials: string): string {
  return `${headOf(stamps)}\n${holdings}\n\n${serials}`
}

function holdingLine({ item, quantity, serials, position }: HoldingRow): string {
  return `${item}\t${quantity}\t${serials}\t${position ?? '-'}`
}

function serialLine({ item, serial, properties }: SerialRow): string {
  // Outside of its strings, where somebody who writes by hand may put them, JSON takes a blank for either.
  return `${item}\t${serial}\t${breaksLines.test(properties) ? properties.replaceAll(/[\t\n]/g, ' ') : properties}`
}

/** Item, serial and properties. JSON writes a tab as `\t`, so no field has one. */
function serialParts(line: string): [item: string, serial: string, properties: string] {
  const [item = '', serial = '', properties = ''] = line.split('\t')
  return [item, serial, properties]
}

/** The lines of the holdings, and those of the serials, each without the newlines around them. */
function sectionsOf(text: string): { holdings: string; serials: string } {
  const start = text.indexOf('\n') + 1
  const middle = text.indexOf('\n\n', start)
  return { holdings: text.slice(start, middle), serials: text.slice(middle + 2) }
}

function linesOf(section: string): string[] {
  return section === '' ? [] : section.split('\n')
}

/** All holdings. */
function holdingsOf(text: string, app: string, user: string): HoldingRow[] {
  const holdings: HoldingRow[] = []
  let start = text.indexOf('\n') + 1
  // An empty line ends them.
  while (start < text.length && text.charCodeAt(start) !== newline) {
    const tab = fieldEnd(text, start)
    const second = fieldEnd(text, tab + 1)
    const third = fieldEnd(text, second + 1)
    const end = fieldEnd(text, third + 1)
    holdings.push(holdingOf(text, app, user, text.slice(start, tab), [tab, second, third, end]))
    start = end + 1
  }
  return holdings
}

/** The holdings of those of some items that are there. */
function namedHoldingsOf(text: string, app: string, user: string, items: readonly string[]): HoldingRow[] {
  const holdings: HoldingRow[] = []
  const start = text.indexOf('\n')
  for (const item of items) {
    const line = text.indexOf(`\n${item}\t`, start)
    if (line === -1) continue
    const tab = line + 1 + item.length
    const second = fieldEnd(text, tab + 1)
    const third = fieldEnd(text, second + 1)
    // A serial's line has one field less.
    if (text.charCodeAt(third) !== tabulator) continue
    holdings.push(holdingOf(text, app, user, item, [tab, second, third, fieldEnd(text, third + 1)]))
  }
  return holdings
}

/** @param ends where the four fields of its line end */
function holdingOf(
  text: string,
  app: string,
  user: string,
  item: string,
  [tab, second, third, end]: readonly [number, number, number, number],
): HoldingRow {
  const position = text.slice(third + 1, end)
  return {
    app,
    user,
    item,
    quantity: wholeAt(text, tab + 1, second),
    serials: Number(text.slice(second + 1, third)),
    position: position === '-' ? null : BigInt(position),
  }
}

/** Where the field that begins here ends. The fields are so short that `indexOf` costs more. */
function fieldEnd(text: string, start: number): number {
  let at = start
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === tabulator || code === newline) break
  }
  return at
}

/** All lines of an item, which stand together. */
function groupOf(section: string, item: string): string[] {
  const lines: string[] = []
  const isFirst = section.startsWith(`${item}\t`)
  let start = isFirst ? 0 : section.indexOf(`\n${item}\t`) + 1
  if (start === 0 && !isFirst) return lines
  while (section.startsWith(`${item}\t`, start)) {
    const end = section.indexOf('\n', start)
    lines.push(section.slice(start, end === -1 ? section.length : end))
    if (end === -1) break
    start = end + 1
  }
  return lines
}
