import { lentWrites, othersWrites } from './connections.ts'
import { accountTable, historyTable, holdingTable, serialTable } from './tables.ts'

/**
 * The statements that make the triggers of one app. They notice every change of a holding or a serial that didn't come through Stockpile,
 * whose connections say so when they insert, and which gives every row that it updates the new version of its account: the account's version
 * goes up, history says so, and the account is put on the list of those whose cached value is to be removed.
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

// A row that Stockpile writes has a new version, or a negative one as a mark: before it is deleted, and where it had a higher version than its
// account, having been copied or moved by hand. For its updates nothing is looked up.
const isUpdatedByHand = 'NEW.version <= OLD.version AND (NEW.version >= 0 OR NEW.version = OLD.version)'
const isDeletedByHand = 'OLD.version <> -1'
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
  return `IF ${isInsertedByHand(tables)} THEN
    IF NEW.serials <> 0 THEN ${refuseSerials} END IF;
    ${raise(tables, 'NEW')}
    ${enter(tables, 'NEW', { change: 'NEW.quantity', balance: 'NEW.quantity', serials: 'NULL' })}
    ${list(tables, 'NEW')}
  END IF`
}

function onHoldingUpdate(tables: Tables): string {
  const total = (side: Side): string => `${side}.quantity + ${side}.serials`
  const stayed = { change: `NEW.quantity - OLD.quantity`, balance: total('NEW'), serials: 'NULL' }
  return `IF ${isUpdatedByHand} THEN
    IF NEW.serials <> OLD.serials THEN ${refuseSerials} END IF;
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
    END IF;
  END IF`
}

function onHoldingDelete(tables: Tables): string {
  const gone = { change: '-(OLD.quantity + OLD.serials)', balance: '0', serials: allSerials(tables, 'out') }
  return `IF ${isDeletedByHand} THEN
    ${withLongLists('OLD.serials > 0', [raise(tables, 'OLD'), enter(tables, 'OLD', gone)])}
    IF OLD.serials > 0 THEN
      UPDATE ${tables.serial} SET version = -1 WHERE user_id = OLD.user_id AND item_id = OLD.item_id;
      DELETE FROM ${tables.serial} WHERE user_id = OLD.user_id AND item_id = OLD.item_id;
    END IF;
    ${list(tables, 'OLD')}
  END IF`
}

function onSerialInsert(tables: Tables): string {
  return `IF ${isInsertedByHand(tables)} THEN ${comeIn(tables)} END IF`
}

function onSerialUpdate(tables: Tables): string {
  const serials = `IF(NEW.serial = OLD.serial, ${oneSerial('set', 'NEW')},
    CONCAT('{"in":["', NEW.serial, '"],"out":["', OLD.serial, '"]}'))`
  return `IF ${isUpdatedByHand} THEN
    IF ${isMoved} THEN ${goOut(tables)} ${comeIn(tables)}
    ELSEIF NEW.serial <> OLD.serial OR NEW.properties <> OLD.properties THEN
      ${raise(tables, 'NEW')} ${enter(tables, 'NEW', { change: '0', balance: totalLeft, serials })} ${list(tables, 'NEW')}
    END IF;
  END IF`
}

function onSerialDelete(tables: Tables): string {
  return `IF ${isDeletedByHand} THEN ${goOut(tables)} END IF`
}

/**
 * The connection says who inserts: 1 where it is Stockpile's own. A connection that only lends itself for a while says 2, and may go on saying
 * so where something fails in between; there the row has to have the account's version too, which begins at 1.
 */
function isInsertedByHand({ account }: Tables): string {
  return `@stockpile_writes IS NULL OR @stockpile_writes <> 1 AND (NEW.version <= 0
    OR NOT EXISTS (SELECT 1 FROM ${account} WHERE user_id = NEW.user_id AND version = NEW.version))`
}

/** Raises the version of an account by one, which locks it: a single key of the primary key. */
function raise({ account }: Tables, side: Side): string {
  return `INSERT INTO ${account} (user_id, version, changed_at) VALUES (${side}.user_id, 1, ${now})
    ON DUPLICATE KEY UPDATE version = version + 1, changed_at = GREATEST(changed_at, VALUES(changed_at));`
}

// Of the holding, after the change; it is joined as h.
const totalLeft = 'COALESCE(h.quantity + h.serials, 0)'

/** Writes the history of an account that was raised, at its version and time: a new key of the primary key. */
function enter(
  { account, holding, history }: Tables,
  side: Side,
  { change, balance, serials }: { readonly change: string; readonly balance: string; readonly serials: string },
): string {
  const join =
    balance === totalLeft ? `LEFT JOIN ${holding} AS h ON h.user_id = a.user_id AND h.item_id = ${side}.item_id` : ''
  return `INSERT INTO ${history}
      (user_id, version, line, item_id, \`change\`, balance, serials, party, deal, data, time)
    SELECT a.user_id, a.version, 1, ${side}.item_id, ${change}, ${balance}, ${serials}, NULL, UUID(),
      '{"changed":"by hand"}', a.changed_at
    FROM ${account} AS a ${join} WHERE a.user_id = ${side}.user_id;`
}

/** Puts an account on the list of changes, where there is a cache and no bulk change of this app that makes all of it void. */
function list({ app }: Tables, side: Side): string {
  return `INSERT INTO stockpile_change (app, user_id)
    SELECT '${app}', ${side}.user_id FROM stockpile_meta WHERE name = 'cache' AND NOT (@stockpile_bulk <=> '${app}');`
}

/** A mark for a holding that a trigger writes: another than it had. */
function marked({ holding }: Tables): string {
  return `IF(${holding}.version = -2, -3, -2)`
}

/** A serial came into the holding of the new row. */
function comeIn(tables: Tables): string {
  const { account, holding } = tables
  return `${raise(tables, 'NEW')}
    SET ${lentWrites};
    INSERT INTO ${holding} (user_id, item_id, quantity, serials, position, version)
      SELECT a.user_id, NEW.item_id, 0, 1, NULL, a.version FROM ${account} AS a WHERE a.user_id = NEW.user_id
      ON DUPLICATE KEY UPDATE serials = ${holding}.serials + 1, version = ${marked(tables)};
    SET ${othersWrites};
    ${enter(tables, 'NEW', { change: '1', balance: totalLeft, serials: oneSerial('in', 'NEW') })}
    ${list(tables, 'NEW')}`
}

/** A serial went out of the holding of the old row, which goes too when nothing is left in it. */
function goOut(tables: Tables): string {
  const { holding } = tables
  const ofRow = 'user_id = OLD.user_id AND item_id = OLD.item_id'
  return `${raise(tables, 'OLD')}
    UPDATE ${holding} SET serials = serials - 1, version = ${marked(tables)} WHERE ${ofRow};
    ${enter(tables, 'OLD', { change: '-1', balance: totalLeft, serials: oneSerial('out', 'OLD') })}
    UPDATE ${holding} SET version = -1 WHERE ${ofRow} AND quantity = 0 AND serials = 0;
    DELETE FROM ${holding} WHERE ${ofRow} AND version = -1;
    ${list(tables, 'OLD')}`
}

/** The serials of a holding that moves go with it, marked on the way so that they seem to be written by Stockpile. */
function moveSerials({ account, serial }: Tables): string {
  const ofRow = 'user_id = OLD.user_id AND item_id = OLD.item_id'
  return `UPDATE ${serial} SET version = -1 WHERE ${ofRow};
    UPDATE ${serial} SET user_id = NEW.user_id, item_id = NEW.item_id,
      version = (SELECT a.version FROM ${account} AS a WHERE a.user_id = NEW.user_id) WHERE ${ofRow};`
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
