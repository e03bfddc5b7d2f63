/**
 * The triggers of one app, which notice every change of a holding that didn't come through Stockpile, whoever makes it. While Stockpile
 * writes, or a trigger puts right what belongs to what it has noticed, `stockpile_meta` says so in a row that nobody else ever sees.
 *
 * What they notice raises the account's version, gets an entry of history, and is put on the list of changes where there is a cache. They
 * need nothing that SQLite 3.38 lacks, because whoever changes something by hand brings a SQLite along.
 *
 * @param app checked before: it becomes part of the names
 */
export function triggersOf(app: string): string[] {
  const steps = new Steps(app)
  return [...holdingTriggers(steps), ...serialTriggers(steps)]
}

/** A holding by name, as SQL says it inside a trigger. */
interface Place {
  readonly user: string
  readonly item: string
  /** Which rows of holdings and serials are meant: a range of their primary keys. */
  readonly where: string
}

const old = place('OLD')
const now = place('NEW')

const isMoved = '(NEW.user_id <> OLD.user_id OR NEW.item_id <> OLD.item_id)'

// A trigger costs time with every row of a statement that names a column of its own, though nothing comes of it: Stockpile never names these.
const ofKey = 'UPDATE OF user_id, item_id'

function place(row: 'OLD' | 'NEW'): Place {
  const user = `${row}.user_id`
  const item = `${row}.item_id`
  return { user, item, where: `user_id = ${user} AND item_id = ${item}` }
}

function holdingTriggers(steps: Steps): string[] {
  const { serial, history } = steps
  const isOther = '(NEW.quantity <> OLD.quantity OR NEW.serials <> OLD.serials OR NEW.position IS NOT OLD.position)'
  const count = (at: Place): string => `(SELECT COUNT(*) FROM ${serial} WHERE ${at.where})`
  const last = `coalesce((SELECT balance FROM ${history} WHERE ${now.where} ORDER BY version DESC, line DESC LIMIT 1), 0)`
  const serialsOf = (at: Place): string =>
    `SELECT CAST(serial AS TEXT) AS number FROM ${serial} WHERE ${at.where} ORDER BY serial`
  const arrived = `NEW.quantity + ${count(old)} + ${count(now)}`
  return [
    // INSERT OR REPLACE tells of nothing that it replaces, so what was there before is asked of the history.
    steps.trigger('holding', 'inserted', 'INSERT', null, [
      ...steps.bump(now),
      steps.enter(now, `NEW.quantity + ${count(now)} - ${last}`, `NEW.quantity + ${count(now)}`, 'NULL'),
      ...steps.fit(now, count(now)),
    ]),
    steps.trigger('holding', 'updated', 'UPDATE OF quantity, serials, position', `NOT ${isMoved} AND ${isOther}`, [
      ...steps.bump(now),
      steps.enter(now, 'NEW.quantity - OLD.quantity', `NEW.quantity + ${count(now)}`, 'NULL'),
      ...steps.fit(now, count(now)),
    ]),
    steps.trigger('holding', 'moved', ofKey, `${isMoved}`, [
      ...steps.bump(old),
      steps.enter(old, `-(OLD.quantity + ${count(old)})`, '0', moves('out', serialsOf(old))),
      ...steps.bump(now),
      steps.enter(now, `${arrived} - ${last}`, arrived, moves('in', serialsOf(old))),
      `UPDATE ${serial} SET user_id = ${now.user}, item_id = ${now.item} WHERE ${old.where}`,
      ...steps.fit(now, count(now)),
    ]),
    steps.trigger('holding', 'deleted', 'DELETE', null, [
      ...steps.bump(old),
      steps.enter(old, `-(OLD.quantity + ${count(old)})`, '0', moves('out', serialsOf(old))),
      `DELETE FROM ${serial} WHERE ${old.where}`,
    ]),
  ]
}

function serialTriggers(steps: Steps): string[] {
  const { holding, serial } = steps
  const isOther = '(NEW.serial <> OLD.serial OR NEW.properties <> OLD.properties)'
  const held = (column: 'quantity' | 'serials', at: Place): string =>
    `coalesce((SELECT ${column} FROM ${holding} WHERE ${at.where}), 0)`
  const total = (at: Place): string => `${held('quantity', at)} + ${held('serials', at)}`
  const count = `(SELECT COUNT(*) FROM ${serial} WHERE ${now.where})`
  const one = (row: 'OLD' | 'NEW'): string => `json_array(CAST(${row}.serial AS TEXT))`
  return [
    // I3: INSERT OR REPLACE would take a serial away from a holding that never hears of it.
    `CREATE TRIGGER IF NOT EXISTS "${steps.app}_stockpile_serial_taken" BEFORE INSERT ON ${serial}
      WHEN ${steps.isForeign} AND EXISTS (SELECT 1 FROM ${serial} WHERE serial = NEW.serial AND NOT (${now.where}))
      BEGIN SELECT RAISE(ABORT, 'this serial is in another holding already'); END`,
    // INSERT OR REPLACE of a serial that was here already changes no count.
    steps.trigger('serial', 'inserted', 'INSERT', null, [
      ...steps.bump(now),
      steps.make(now),
      steps.enter(
        now,
        `${count} - ${held('serials', now)}`,
        `${held('quantity', now)} + ${count}`,
        `json_object(CASE ${count} WHEN ${held('serials', now)} THEN 'set' ELSE 'in' END, ${one('NEW')})`,
      ),
      ...steps.fit(now, count),
    ]),
    steps.trigger('serial', 'updated', 'UPDATE OF serial, properties', `NOT ${isMoved} AND ${isOther}`, [
      ...steps.bump(now),
      steps.enter(
        now,
        '0',
        total(now),
        `CASE NEW.serial WHEN OLD.serial THEN json_object('set', ${one('NEW')})
          ELSE json_object('in', ${one('NEW')}, 'out', ${one('OLD')}) END`,
      ),
    ]),
    steps.trigger('serial', 'moved', ofKey, `${isMoved}`, [
      ...steps.bump(old),
      steps.enter(old, '-1', `${total(old)} - 1`, `json_object('out', ${one('OLD')})`),
      ...steps.fit(old, 'serials - 1'),
      ...steps.bump(now),
      steps.make(now),
      steps.enter(now, '1', `${total(now)} + 1`, `json_object('in', ${one('NEW')})`),
      ...steps.fit(now, 'serials + 1'),
    ]),
    steps.trigger('serial', 'deleted', 'DELETE', null, [
      ...steps.bump(old),
      steps.enter(old, '-1', `${total(old)} - 1`, `json_object('out', ${one('OLD')})`),
      ...steps.fit(old, 'serials - 1'),
    ]),
  ]
}

/** The serials that a query answers, as history keeps what moved; null for none. */
function moves(way: 'in' | 'out', query: string): string {
  return `(SELECT CASE COUNT(*) WHEN 0 THEN NULL ELSE json_object('${way}', json_group_array(number)) END FROM (${query}))`
}

// Not unixepoch('subsec'), which SQLite has since 3.42 only.
const time = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"

const uuid = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
  substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`

// Gone again before anybody else looks, and with the statement where anything fails.
const mark = `INSERT INTO stockpile_meta (name, value) VALUES ('writes', '')`
const unmark = `DELETE FROM stockpile_meta WHERE name = 'writes'`

/** What the triggers of an app do, each a statement that goes through primary keys. */
class Steps {
  readonly app: string
  readonly holding: string
  readonly serial: string
  readonly history: string
  readonly #account: string

  constructor(app: string) {
    this.app = app
    this.#account = `"${app}_stockpile_account"`
    this.holding = `"${app}_stockpile_holding"`
    this.serial = `"${app}_stockpile_serial"`
    this.history = `"${app}_stockpile_history"`
  }

  /** Whether it is not Stockpile that writes: the primary key tells. */
  get isForeign(): string {
    return `NOT EXISTS (SELECT 1 FROM stockpile_meta WHERE name = 'writes')`
  }

  /** Makes a trigger, which notices nothing of what it does itself. */
  trigger(
    table: 'holding' | 'serial',
    name: string,
    event: string,
    when: string | null,
    steps: readonly string[],
  ): string {
    return `CREATE TRIGGER IF NOT EXISTS "${this.app}_stockpile_${table}_${name}" AFTER ${event} ON ${this[table]}
      WHEN ${this.isForeign}${when === null ? '' : ` AND ${when}`}
      BEGIN ${[mark, ...steps, unmark].join(';\n')}; END`
  }

  /**
   * Raises the version of an account, making the account if it is missing, and puts it on the list of changes. No upserts: in a trigger they
   * follow the OR clause of the statement that set it off.
   */
  bump({ user }: Place): string[] {
    return [
      `INSERT INTO ${this.#account} (user_id, version, changed_at)
        SELECT ${user}, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM ${this.#account} WHERE user_id = ${user})`,
      `UPDATE ${this.#account} SET version = version + 1, changed_at = MAX(changed_at, ${time}) WHERE user_id = ${user}`,
      `INSERT INTO stockpile_change (app, user_id)
        SELECT '${this.app}', ${user} WHERE EXISTS (SELECT 1 FROM stockpile_meta WHERE name = 'cache')
          AND NOT EXISTS (SELECT 1 FROM stockpile_meta WHERE name = 'bulk' AND value = '${this.app}')`,
    ]
  }

  /** Writes an entry of history at the account's version. */
  enter({ user, item }: Place, change: string, balance: string, serials: string): string {
    return `INSERT INTO ${this.history}
      (user_id, version, line, item_id, change, balance, serials, party, deal, data, time)
      SELECT ${user}, version, 1, ${item}, ${change}, ${balance}, ${serials}, NULL, ${uuid}, '{"changed":"by hand"}', changed_at
        FROM ${this.#account} WHERE user_id = ${user}`
  }

  /** Makes a holding if it is missing. */
  make({ user, item, where }: Place): string {
    return `INSERT INTO ${this.holding} (user_id, item_id, quantity, serials)
      SELECT ${user}, ${item}, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM ${this.holding} WHERE ${where})`
  }

  /** Has a holding say how many serials it has, and deletes it if nothing is in it. */
  fit({ where }: Place, serials: string): string[] {
    return [
      `UPDATE ${this.holding} SET serials = ${serials} WHERE ${where}`,
      `DELETE FROM ${this.holding} WHERE ${where} AND quantity = 0 AND serials = 0`,
    ]
  }
}
