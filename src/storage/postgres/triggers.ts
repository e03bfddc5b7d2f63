// The triggers of an app. While Stockpile writes, the transaction says so (`stockpile.writes`), and so does a trigger while it puts right what
// belongs to what it has noticed. Whatever else happens to a row came by hand.
//
// They run with the rights of the tables' owner, so whoever may change a holding needs no right to write history. What they call runs with
// the rights of whoever calls it, so that nobody gains anything by calling it.

/** The tables, functions and triggers of an app, quoted: an app may begin with a digit. */
type Name = (what: string) => string

/** The statements that make the triggers of an app's holdings and serials, in the schema where its tables are made. */
export function triggerStatements(app: string): readonly string[] {
  const name: Name = (what) => `"${app}_stockpile_${what}"`
  const helpers = [advance(app, name), enter(name), place(name), shrink(name), keep(name)]
  const functions = [
    insertedHoldings(name),
    updatedHolding(name),
    deletedHolding(name),
    insertedSerials(name),
    updatedSerial(name),
    deletedSerial(name),
    truncated(name),
  ]
  return [
    ...helpers,
    ...functions,
    ownersRights(name),
    ...triggers(name, 'holding', 'inserted_holdings', 'updated_holding', 'deleted_holding'),
    ...triggers(name, 'serial', 'inserted_serials', 'updated_serial', 'deleted_serial'),
  ]
}

// Text that is compared where each row is changed, and forgotten with the transaction, or the savepoint, that it was said in.
const isByHand = "current_setting('stockpile.writes', true) IS DISTINCT FROM 'on'"

/** What one statement has inserted is looked at together, and Stockpile's own statements don't even call the functions. */
function triggers(name: Name, table: string, inserted: string, updated: string, deleted: string): string[] {
  const trigger = (what: string, when: string, each: string): string[] => [
    `DROP TRIGGER IF EXISTS stockpile_${what} ON ${name(table)}`,
    `CREATE TRIGGER stockpile_${what} ${when} EXECUTE FUNCTION ${name(each)}()`,
  ]
  const on = `ON ${name(table)}`
  return [
    ...trigger(
      'inserted',
      `AFTER INSERT ${on} REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT WHEN (${isByHand})`,
      inserted,
    ),
    ...trigger('updated', `AFTER UPDATE ${on} FOR EACH ROW WHEN (${isByHand} AND OLD IS DISTINCT FROM NEW)`, updated),
    ...trigger('deleted', `AFTER DELETE ${on} FOR EACH ROW WHEN (${isByHand})`, deleted),
    ...trigger('truncated', `BEFORE TRUNCATE ${on} FOR EACH STATEMENT`, 'truncated'),
  ]
}

/**
 * Says with whose rights the triggers run, and which names they mean: those of the schema where the tables are, whatever the caller's
 * search_path, and whatever temporary tables the caller has made.
 */
function ownersRights(name: Name): string {
  const functions = [
    'inserted_holdings',
    'updated_holding',
    'deleted_holding',
    'inserted_serials',
    'updated_serial',
    'deleted_serial',
  ]
  const list = functions.map((what) => `'${name(what)}'`).join(', ')
  return `DO $do$ DECLARE name text; BEGIN FOREACH name IN ARRAY ARRAY[${list}] LOOP
    EXECUTE format('ALTER FUNCTION %I.%s() SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp', current_schema(), name);
  END LOOP; END $do$`
}

function made(name: string, body: string, returns = 'trigger'): string {
  return `CREATE OR REPLACE FUNCTION ${name} RETURNS ${returns} LANGUAGE plpgsql AS $body$ ${body} $body$`
}

const now = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

/**
 * Moves an account's version, and locks its row by that: the primary key finds it. Answers the new version. Where there is a cache, the
 * account goes on the list of those whose value is to be removed, and whoever listens hears of it after COMMIT.
 */
function advance(app: string, name: Name): string {
  return made(
    `${name('advance')}(owner text)`,
    `DECLARE at bigint; BEGIN
      INSERT INTO ${name('account')} AS a (user_id, version, changed_at) VALUES (owner, 1, ${now})
        ON CONFLICT (user_id) DO UPDATE SET version = a.version + 1, changed_at = excluded.changed_at RETURNING version INTO at;
      IF current_setting('stockpile.bulk', true) IS DISTINCT FROM '${app}'
        AND EXISTS (SELECT FROM stockpile_meta WHERE stockpile_meta.name = 'cache') THEN
        INSERT INTO stockpile_change (app, user_id) VALUES ('${app}', owner);
        PERFORM pg_notify('stockpile_change', '');
      END IF;
      RETURN at;
    END`,
    'bigint',
  )
}

/** Writes the entry of a change by hand: how many came or went, how many there are since, and which serials were moved, by what was done. */
function enter(name: Name): string {
  return made(
    `${name('enter')}(owner text, at bigint, item text, change bigint, balance bigint, came bigint[], gone bigint[], changed bigint[])`,
    `DECLARE parts text := concat_ws(',',
        '"in":["' || array_to_string(nullif(came, '{}'), '","') || '"]',
        '"out":["' || array_to_string(nullif(gone, '{}'), '","') || '"]',
        '"set":["' || array_to_string(nullif(changed, '{}'), '","') || '"]');
    BEGIN
      INSERT INTO ${name('history')} (user_id, version, line, item_id, change, balance, serials, party, deal, data, time)
        VALUES (owner, at, 1, item, change, balance, CASE WHEN parts <> '' THEN '{' || parts || '}' END,
          NULL, gen_random_uuid(), '{"changed":"by hand"}', ${now});
    END`,
    'void',
  )
}

/** Statements of a trigger that no trigger notices. */
function unnoticed(...statements: readonly string[]): string {
  return [
    `PERFORM set_config('stockpile.writes', 'on', true)`,
    ...statements,
    `PERFORM set_config('stockpile.writes', '', true);`,
  ].join(';\n')
}

/**
 * Adds a serial to the count of its holding, which is made if it is missing: the primary key finds it. Answers how many it has in all.
 */
function place(name: Name): string {
  return made(
    `${name('place')}(owner text, item text)`,
    `DECLARE total bigint; BEGIN
      ${unnoticed(`INSERT INTO ${name('holding')} AS h (user_id, item_id, quantity, serials) VALUES (owner, item, 0, 1)
        ON CONFLICT (user_id, item_id) DO UPDATE SET serials = h.serials + 1 RETURNING quantity + serials INTO total`)}
      RETURN total;
    END`,
    'bigint',
  )
}

/** Takes a serial off the count of its holding, which goes when nothing is left in it. Answers how many it has in all. */
function shrink(name: Name): string {
  return made(
    `${name('shrink')}(owner text, item text)`,
    `DECLARE total bigint; BEGIN
      ${unnoticed(
        `UPDATE ${name('holding')} SET serials = serials - 1 WHERE user_id = owner AND item_id = item
          RETURNING quantity + serials INTO total`,
        `IF total = 0 THEN DELETE FROM ${name('holding')} WHERE user_id = owner AND item_id = item; END IF`,
      )}
      RETURN coalesce(total, 0);
    END`,
    'bigint',
  )
}

/**
 * Puts a holding right that was written by hand: it says how many serials it has, not what somebody wrote there, and it goes when nothing is
 * in it.
 */
function keep(name: Name): string {
  const where = 'WHERE user_id = held.user_id AND item_id = held.item_id'
  return made(
    `${name('keep')}(held ${name('holding')}, count integer)`,
    `BEGIN
      IF held.quantity + count > 0 AND held.serials = count THEN RETURN; END IF;
      ${unnoticed(
        `IF held.quantity + count > 0 THEN UPDATE ${name('holding')} SET serials = count ${where};
        ELSE DELETE FROM ${name('holding')} ${where};
        END IF`,
      )}
    END`,
    'void',
  )
}

function insertedHoldings(name: Name): string {
  return made(
    `${name('inserted_holdings')}()`,
    `DECLARE held ${name('holding')}; at bigint; count integer; BEGIN
      FOR held IN SELECT i.* FROM inserted AS i ORDER BY i.user_id, i.item_id LOOP
        at := ${name('advance')}(held.user_id);
        SELECT count(*) INTO count FROM ${name('serial')} AS s WHERE s.user_id = held.user_id AND s.item_id = held.item_id;
        PERFORM ${name('enter')}(held.user_id, at, held.item_id, held.quantity + count, held.quantity + count, NULL, NULL, NULL);
        PERFORM ${name('keep')}(held, count);
      END LOOP;
      RETURN NULL;
    END`,
  )
}

/** A holding that was moved takes its serials along. */
function updatedHolding(name: Name): string {
  const ofOld = 'WHERE s.user_id = OLD.user_id AND s.item_id = OLD.item_id'
  return made(
    `${name('updated_holding')}()`,
    `DECLARE at bigint := ${name('advance')}(OLD.user_id); moved bigint[]; total bigint; BEGIN
      SELECT coalesce(array_agg(s.serial ORDER BY s.serial), '{}') INTO moved FROM ${name('serial')} AS s ${ofOld};
      total := NEW.quantity + cardinality(moved);
      IF (NEW.user_id, NEW.item_id) = (OLD.user_id, OLD.item_id) THEN
        PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, total - OLD.quantity - OLD.serials, total, NULL, NULL, NULL);
      ELSE
        PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, -OLD.quantity - OLD.serials, 0, NULL, moved, NULL);
        at := ${name('advance')}(NEW.user_id);
        PERFORM ${name('enter')}(NEW.user_id, at, NEW.item_id, total, total, moved, NULL, NULL);
        ${unnoticed(`UPDATE ${name('serial')} AS s SET user_id = NEW.user_id, item_id = NEW.item_id ${ofOld}`)}
      END IF;
      PERFORM ${name('keep')}(NEW, cardinality(moved));
      RETURN NULL;
    END`,
  )
}

/** A holding that was deleted takes its serials with it. */
function deletedHolding(name: Name): string {
  const ofOld = 'WHERE s.user_id = OLD.user_id AND s.item_id = OLD.item_id'
  return made(
    `${name('deleted_holding')}()`,
    `DECLARE at bigint := ${name('advance')}(OLD.user_id); gone bigint[]; BEGIN
      SELECT array_agg(s.serial ORDER BY s.serial) INTO gone FROM ${name('serial')} AS s ${ofOld};
      ${unnoticed(`DELETE FROM ${name('serial')} AS s ${ofOld}`)}
      PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, -OLD.quantity - OLD.serials, 0, NULL, gone, NULL);
      RETURN NULL;
    END`,
  )
}

function insertedSerials(name: Name): string {
  return made(
    `${name('inserted_serials')}()`,
    `DECLARE made ${name('serial')}; at bigint; BEGIN
      FOR made IN SELECT i.* FROM inserted AS i ORDER BY i.user_id, i.item_id, i.serial LOOP
        at := ${name('advance')}(made.user_id);
        PERFORM ${name('enter')}(made.user_id, at, made.item_id, 1, ${name('place')}(made.user_id, made.item_id),
          ARRAY[made.serial], NULL, NULL);
      END LOOP;
      RETURN NULL;
    END`,
  )
}

function updatedSerial(name: Name): string {
  return made(
    `${name('updated_serial')}()`,
    `DECLARE at bigint := ${name('advance')}(OLD.user_id); total bigint; BEGIN
      IF (NEW.user_id, NEW.item_id) = (OLD.user_id, OLD.item_id) THEN
        SELECT quantity + serials INTO total FROM ${name('holding')} WHERE user_id = OLD.user_id AND item_id = OLD.item_id;
        IF NEW.serial = OLD.serial THEN
          PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, 0, total, NULL, NULL, ARRAY[OLD.serial]);
        ELSE
          PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, 0, total, ARRAY[NEW.serial], ARRAY[OLD.serial], NULL);
        END IF;
      ELSE
        PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, -1, ${name('shrink')}(OLD.user_id, OLD.item_id),
          NULL, ARRAY[OLD.serial], NULL);
        at := ${name('advance')}(NEW.user_id);
        PERFORM ${name('enter')}(NEW.user_id, at, NEW.item_id, 1, ${name('place')}(NEW.user_id, NEW.item_id),
          ARRAY[NEW.serial], NULL, NULL);
      END IF;
      RETURN NULL;
    END`,
  )
}

function deletedSerial(name: Name): string {
  return made(
    `${name('deleted_serial')}()`,
    `DECLARE at bigint := ${name('advance')}(OLD.user_id); BEGIN
      PERFORM ${name('enter')}(OLD.user_id, at, OLD.item_id, -1, ${name('shrink')}(OLD.user_id, OLD.item_id),
        NULL, ARRAY[OLD.serial], NULL);
      RETURN NULL;
    END`,
  )
}

/** A table can be emptied without a word about its rows: that can't be noticed, so it is refused. */
function truncated(name: Name): string {
  return made(
    `${name('truncated')}()`,
    `BEGIN
      RAISE EXCEPTION 'TRUNCATE of % is refused: Stockpile could not note in the history what was taken from whom', TG_TABLE_NAME
        USING HINT = 'Use DELETE, or DELETE within bulk of Stockpile.';
    END`,
  )
}
