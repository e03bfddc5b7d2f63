import { othersWrites } from './connections.ts'
import { accountTable, historyTable, holdingTable, serialTable } from './tables.ts'

/**
 * The statements that make the triggers of one app. They notice every change of a holding or a serial that didn't come through Stockpile,
 * whose connections say so: the account's version goes up, history says so, and the account is put on the list of those whose cached value
 * is to be removed.
 *
 * A trigger can't write the table that it belongs to, nor any that its statement uses: an error 1442 says so, and nothing is changed.
 * None of them declares a variable, since the server would make room for it with every row that Stockpile itself writes.
 *
 * @param app checked before: it becomes part of the tables' names
 */
export function triggerStatements(app: string): string[] {
  const tables = {
    app,
    account: accountTable(app),
    holding: holdingTable(app),
    serial: serialTable(app),
    history: historyTable(app),
  }
  return [
    ...trigger(tables, 'holding', 'AFTER INSERT', onHoldingInsert(tables)),
    ...trigger(tables, 'holding', 'AFTER UPDATE', onHoldingUpdate(tables)),
    ...trigger(tables, 'holding', 'AFTER DELETE', onHoldingDelete(tables)),
    ...trigger(tables, 'serial', 'AFTER INSERT', onSerialInsert(tables)),
    ...trigger(tables, 'serial', 'AFTER UPDATE', onSerialUpdate(tables)),
    ...trigger(tables, 'serial', 'AFTER DELETE', onSerialDelete(tables)),
  ]
}

/** The app and its tables, quoted. */
interface Tables {
  readonly app: string
  readonly account: string
  readonly holding: string
  readonly serial: string
  readonly history: string
}

/** The row before or after the statement. */
type Side = 'OLD' | 'NEW'

const isMoved = '(NEW.user_id <> OLD.user_id OR NEW.item_id <> OLD.item_id)'

// Neither the session's time zone nor its change to summer time matters.
const now = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000"

/** MySQL has neither CREATE OR REPLACE TRIGGER nor, before 8.0.29, CREATE TRIGGER IF NOT EXISTS. */
function trigger({ app }: Tables, table: 'holding' | 'serial', when: string, body: string): string[] {
  const name = `\`${app}_stockpile_${table}_${when.toLowerCase().replace(' ', '_')}\``
  return [
    `DROP TRIGGER IF EXISTS ${name}`,
    `CREATE TRIGGER ${name} ${when} ON \`${app}_stockpile_${table}\` FOR EACH ROW ${body}`,
  ]
}

function onHoldingInsert(tables: Tables): string {
  return byHand(
    tables,
    'NEW',
    `IF NEW.serials <> 0 THEN ${refuseSerials} END IF;
    ${raise(tables, 'NEW')}
    ${enter(tables, 'NEW', { change: 'NEW.quantity', balance: 'NEW.quantity', serials: 'NULL' })}
    ${list(tables, 'NEW')}`,
  )
}

function onHoldingUpdate(tables: Tables): string {
  const total = (side: Side): string => `${side}.quantity + ${side}.serials`
  const stayed = { change: `NEW.quantity - OLD.quantity`, balance: total('NEW'), serials: 'NULL' }
  return byHand(
    tables,
    'NEW',
    `IF NEW.serials <> OLD.serials THEN ${refuseSerials} END IF;
    IF ${isMoved} THEN
      ${withLongLists('OLD.serials > 0', [
        raise(tables, 'OLD'),
        enter(tables, 'OLD', { change: `-(${total('OLD')})`, balance: '0', serials: allSerials(tables, 'out') }),
        raise(tables, 'NEW'),
        enter(tables, 'NEW', { change: total('NEW'), balance: total('NEW'), serials: allSerials(tables, 'in') }),
      ])}
      IF OLD.serials > 0 THEN ${moveSerials(tables)} END IF;
      ${list(tables, 'OLD')} ${list(tables, 'NEW')}
    ELSEIF NEW.quantity <> OLD.quantity OR NOT NEW.position <=> OLD.position THEN
      ${raise(tables, 'NEW')} ${enter(tables, 'NEW', stayed)} ${list(tables, 'NEW')}
    END IF;`,
  )
}

function onHoldingDelete(tables: Tables): string {
  const gone = { change: '-(OLD.quantity + OLD.serials)', balance: '0', serials: allSerials(tables, 'out') }
  return byHand(
    tables,
    'OLD',
    `${withLongLists('OLD.serials > 0', [raise(tables, 'OLD'), enter(tables, 'OLD', gone)])}
    IF OLD.serials > 0 THEN DELETE FROM ${tables.serial} WHERE user_id = OLD.user_id AND item_id = OLD.item_id; END IF;
    ${list(tables, 'OLD')}`,
  )
}

function onSerialInsert(tables: Tables): string {
  return byHand(tables, 'NEW', comeIn(tables))
}

function onSerialUpdate(tables: Tables): string {
  const serials = `IF(NEW.serial = OLD.serial, ${oneSerial('set', 'NEW')},
    CONCAT('{"in":["', NEW.serial, '"],"out":["', OLD.serial, '"]}'))`
  return byHand(
    tables,
    'NEW',
    `IF ${isMoved} THEN ${goOut(tables)} ${comeIn(tables)}
    ELSEIF NEW.serial <> OLD.serial OR NEW.properties <> OLD.properties THEN
      ${raise(tables, 'NEW')}
      ${enter(tables, 'NEW', { change: '0', balance: totalOf(tables, 'NEW', 0), serials })}
      ${list(tables, 'NEW')}
    END IF;`,
  )
}

function onSerialDelete(tables: Tables): string {
  return byHand(tables, 'OLD', goOut(tables))
}

/**
 * Statements for a row that was changed by hand. The connection says whose it is: `own` where nobody but Stockpile writes on it. Anything
 * else is the deals of one who only lends itself, or the one that a trigger writes while it puts right what belongs to what it has noticed;
 * it is true while that deal is the last in the history of the account: primary keys find it. What is left of it after a failure is not,
 * because the history went with what failed. Stockpile's own rows are done with the first comparison, which opens no table.
 */
function byHand({ account, history }: Tables, side: Side, statements: string): string {
  return `IF NOT (@stockpile_writes <=> 'own') THEN
    IF @stockpile_writes IS NULL OR NOT EXISTS (SELECT 1 FROM ${account} AS a JOIN ${history} AS e
      ON e.user_id = a.user_id AND e.version = a.version AND e.line = 1
      WHERE a.user_id = ${side}.user_id AND FIND_IN_SET(e.deal, CONVERT(@stockpile_writes USING ascii))) THEN
      SET @stockpile_writes = UUID();
      ${statements}
      SET ${othersWrites};
    END IF;
  END IF`
}

/** Raises the version of an account by one, which locks it: a single key of the primary key. */
function raise({ account }: Tables, side: Side): string {
  return `INSERT INTO ${account} (user_id, version, changed_at) VALUES (${side}.user_id, 1, ${now})
    ON DUPLICATE KEY UPDATE version = version + 1, changed_at = GREATEST(changed_at, VALUES(changed_at));`
}

/** How many a holding has in all once it has `more` serials: the primary key finds it; as many if it isn't there yet. */
function totalOf({ holding }: Tables, side: Side, more: 1 | 0 | -1): string {
  return `GREATEST(0, ${more} + COALESCE((SELECT h.quantity + h.serials FROM ${holding} AS h
    WHERE h.user_id = ${side}.user_id AND h.item_id = ${side}.item_id), 0))`
}

/** Writes the history of an account that was raised, at its version and time: a new key of the primary key. */
function enter(
  { account, history }: Tables,
  side: Side,
  { change, balance, serials }: { readonly change: string; readonly balance: string; readonly serials: string },
): string {
  return `INSERT INTO ${history}
      (user_id, version, line, item_id, \`change\`, balance, serials, party, deal, data, time)
    SELECT a.user_id, a.version, 1, ${side}.item_id, ${change}, ${balance}, ${serials}, NULL, @stockpile_writes,
      '{"changed":"by hand"}', a.changed_at
    FROM ${account} AS a WHERE a.user_id = ${side}.user_id;`
}

/** Puts an account on the list of changes, where there is a cache and no bulk change of this app that makes all of it void. */
function list({ app }: Tables, side: Side): string {
  return `INSERT INTO stockpile_change (app, user_id)
    SELECT '${app}', ${side}.user_id FROM stockpile_meta WHERE name = 'cache' AND NOT (@stockpile_bulk <=> '${app}');`
}

/** A serial came into the holding of the new row. */
function comeIn(tables: Tables): string {
  const { holding } = tables
  return `${raise(tables, 'NEW')}
    ${enter(tables, 'NEW', { change: '1', balance: totalOf(tables, 'NEW', 1), serials: oneSerial('in', 'NEW') })}
    INSERT INTO ${holding} (user_id, item_id, quantity, serials) VALUES (NEW.user_id, NEW.item_id, 0, 1)
      ON DUPLICATE KEY UPDATE serials = serials + 1;
    ${list(tables, 'NEW')}`
}

/** A serial went out of the holding of the old row, which goes too when nothing is left in it. */
function goOut(tables: Tables): string {
  const { holding } = tables
  const ofRow = 'user_id = OLD.user_id AND item_id = OLD.item_id'
  return `${raise(tables, 'OLD')}
    ${enter(tables, 'OLD', { change: '-1', balance: totalOf(tables, 'OLD', -1), serials: oneSerial('out', 'OLD') })}
    UPDATE ${holding} SET serials = serials - 1 WHERE ${ofRow};
    DELETE FROM ${holding} WHERE ${ofRow} AND quantity = 0 AND serials = 0;
    ${list(tables, 'OLD')}`
}

/** The serials of a holding that moves go with it. */
function moveSerials({ serial }: Tables): string {
  return `UPDATE ${serial} SET user_id = NEW.user_id, item_id = NEW.item_id
    WHERE user_id = OLD.user_id AND item_id = OLD.item_id;`
}

function oneSerial(what: 'in' | 'out' | 'set', side: Side): string {
  return `CONCAT('{"${what}":["', ${side}.serial, '"]}')`
}

/** All serials that the old row had; null where it had none. */
function allSerials({ serial }: Tables, what: 'in' | 'out'): string {
  return `(SELECT CONCAT('{"${what}":[', GROUP_CONCAT('"', s.serial, '"' ORDER BY s.serial), ']}')
    FROM ${serial} AS s WHERE s.user_id = OLD.user_id AND s.item_id = OLD.item_id)`
}

/** GROUP_CONCAT cuts what is longer than a setting of the session, which in MySQL is 1,024 bytes. */
function withLongLists(condition: string, statements: readonly string[]): string {
  return `IF ${condition} THEN
      SET @stockpile_list_max = @@SESSION.group_concat_max_len, SESSION group_concat_max_len = 16777215;
    END IF;
    ${statements.join(' ')}
    IF ${condition} THEN SET SESSION group_concat_max_len = @stockpile_list_max; END IF;`
}

// Only a trigger before the change could correct it, for which every row that Stockpile writes would have to pay.
const refuseSerials = `SIGNAL SQLSTATE '45000'
  SET MESSAGE_TEXT = 'Stockpile: serials counts the rows in the table of serials: change those, and this column follows';`
