import { superuser } from '@alwayson/engines/postgres/server-files.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabaseRig, type DatabaseRig, isWhole, waitFor } from './database-rig.ts';
import { baseMigrations, makeRelease, toFiles } from './schema-releases.ts';

/** One estate, brought up once; what tests add has names of its own. */
let rig: DatabaseRig;
const base = baseMigrations;

beforeAll(async () => {
  rig = await createDatabaseRig({ block: 3, migrations: base });
  await rig.startHosts();
  rig.startController();
  await waitFor('the first bring-up', () => isWhole(rig), 120_000);
});

afterAll(async () => {
  const checks = rig.events().filter(({ type }) => type === 'database.schema-checked');
  process.stdout.write(
    `schema checks: ${JSON.stringify(
      checks.map(({ message }) => message),
      null,
      1,
    )}\n`,
  );
  await rig.destroy();
});

const schema = () => rig.controller().schema;

function query<Row>(sql: string, database = 'app'): Promise<Row[]> {
  const zone = rig.controller().writer()?.member.slice('pg-'.length) ?? '';
  const password = rig.environment.passwords.postgresSuperuser;
  const target = { host: rig.addressOf(zone), port: 5432, user: superuser, password, database };
  return withSql({ ...target, timeoutMs: 30_000 }, (client) => client.query<Row>(sql));
}

const scratch = () => query("SELECT datname FROM pg_database WHERE datname LIKE 'alwayson%'", 'postgres');

/** Plans a release that has the base and these statements, each in a file of its own. */
async function plan(version: string, statements: readonly string[]) {
  const { files, names } = toFiles(statements);
  const candidate = await makeRelease(rig, version, { ...base, ...files });
  const live = await makeRelease(rig, 'live', base);
  return { names, candidate, plan: await schema().plan(candidate, [live]) };
}

test('what only adds passes, in a database that is gone afterwards and without touching the live one', async () => {
  const additions = [
    'CREATE TABLE brand (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE)',
    'ALTER TABLE catalog.items ADD COLUMN brand_id uuid REFERENCES brand',
    "ALTER TABLE catalog.items ADD COLUMN state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'old'))",
    'ALTER TABLE catalog.items ADD COLUMN cost numeric CHECK (cost >= 0)',
    'ALTER TABLE catalog.items ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE',
    'ALTER TABLE archive ADD COLUMN row_id bigserial PRIMARY KEY',
    'ALTER TABLE catalog.items ADD COLUMN slug text UNIQUE',
    'CREATE INDEX items_by_slug ON catalog.items (slug)',
    'ALTER TABLE catalog.items ALTER COLUMN code TYPE text, ALTER COLUMN price TYPE numeric(12, 2)',
    'ALTER TABLE catalog.items ALTER COLUMN size TYPE bigint',
    "ALTER TABLE catalog.items ALTER COLUMN note SET DEFAULT '', ALTER COLUMN name DROP NOT NULL",
    'ALTER TABLE review DROP CONSTRAINT stars_known',
    "ALTER TYPE mood ADD VALUE 'merry'",
    'CREATE OR REPLACE VIEW item_names AS SELECT id, name, price FROM catalog.items',
    "CREATE OR REPLACE FUNCTION doubled(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n + n'",
    "CREATE FUNCTION doubled(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 2 * n'",
    'CREATE EXTENSION pgcrypto',
    'CREATE INDEX items_name ON catalog.items (name); DROP INDEX catalog.items_by_name',
    'GRANT SELECT ON review TO PUBLIC',
    "INSERT INTO brand (name) VALUES ('own'); UPDATE catalog.items SET brand_id = NULL; DROP TABLE IF EXISTS nothing",
    '-- alwayson: no-transaction\nCREATE INDEX CONCURRENTLY items_by_cost ON catalog.items (cost)',
    'ALTER TABLE brand RENAME COLUMN name TO title',
  ];
  const { names, plan: answer } = await plan('adding', additions);
  expect(answer).toMatchObject({ expand: names, contract: [], waiting: [], faults: [] });
  expect(await scratch()).toEqual([]);
  expect(await query("SELECT FROM pg_class WHERE relname = 'brand'")).toEqual([]);
  expect(answer.warnings).toContain(
    '109_change.sql: gives column catalog.items.size as bigint, which some drivers read differently than integer',
  );
});

test('what removes, narrows or renames is found by its name, file by file', async () => {
  const expected: [string, string | string[]][] = [
    ['ALTER TABLE catalog.items DROP COLUMN price', 'column catalog.items.price is gone'],
    [
      'ALTER TABLE catalog.items RENAME COLUMN name TO title',
      'column catalog.items.name is renamed to catalog.items.title',
    ],
    [
      'ALTER TABLE catalog.items ALTER COLUMN code TYPE varchar(10)',
      'column catalog.items.code changes from character varying(20) to character varying(10)',
    ],
    [
      'ALTER TABLE catalog.items ALTER COLUMN size TYPE smallint',
      'column catalog.items.size changes from integer to smallint',
    ],
    [
      'ALTER TABLE catalog.items ALTER COLUMN note SET NOT NULL',
      'column catalog.items.note does not take NULL any more',
    ],
    [
      'ALTER TABLE catalog.items ALTER COLUMN weight DROP DEFAULT',
      'column catalog.items.weight has no default any more',
    ],
    [
      'ALTER TABLE catalog.items DROP COLUMN place, ADD COLUMN place text',
      'column catalog.items.place was made anew, without its values',
    ],
    [
      'ALTER TABLE catalog.items ADD COLUMN needed text NOT NULL',
      'column catalog.items.needed is new, NOT NULL and without a default',
    ],
    [
      'ALTER TABLE catalog.items ADD CONSTRAINT one_shelf UNIQUE (shelf)',
      'unique one_shelf on catalog.items is new: UNIQUE (shelf)',
    ],
    [
      'CREATE UNIQUE INDEX one_place ON catalog.items (lower(colour))',
      'unique index one_place on catalog.items is new: CREATE UNIQUE INDEX ON catalog.items USING btree (lower(colour))',
    ],
    [
      'ALTER TABLE catalog.items ADD CONSTRAINT light CHECK (weight < 9) NOT VALID',
      'check light on catalog.items is new: CHECK ((weight < 9))',
    ],
    [
      'ALTER TABLE archive ADD CONSTRAINT known FOREIGN KEY (id) REFERENCES catalog.items (id)',
      'foreign key known on archive is new: FOREIGN KEY (id) REFERENCES catalog.items(id)',
    ],
    [
      'ALTER TABLE archive ADD COLUMN kind text CHECK (kind IS NOT NULL)',
      'check archive_kind_check on archive is new: CHECK ((kind IS NOT NULL))',
    ],
    [
      "ALTER TABLE archive ADD COLUMN single text DEFAULT 'x' UNIQUE",
      'unique archive_single_key on archive is new: UNIQUE (single)',
    ],
    [
      'ALTER TABLE catalog.items DROP CONSTRAINT items_sku_key',
      'unique items_sku_key on catalog.items is gone',
    ],
    ['DROP INDEX catalog.items_by_colour', 'index items_by_colour on catalog.items is gone'],
    ['ALTER TABLE review DROP CONSTRAINT review_of', 'foreign key review_of on review is gone'],
    [
      'ALTER TABLE review RENAME CONSTRAINT review_item_id_author_key TO once',
      'unique review_item_id_author_key on review is renamed to once',
    ],
    ["ALTER TYPE mood RENAME VALUE 'wild' TO 'angry'", 'label wild is renamed to angry in type mood'],
    [
      'ALTER DOMAIN quantity ADD CONSTRAINT few CHECK (VALUE < 10)',
      'domain quantity has a new check: CHECK ((VALUE < 10))',
    ],
    [
      'DROP VIEW item_names; CREATE VIEW item_names AS SELECT DISTINCT id FROM catalog.items',
      ['view item_names takes no INSERT, UPDATE, DELETE any more', 'column item_names.name is gone'],
    ],
    [
      "DROP FUNCTION doubled(integer); CREATE FUNCTION doubled(n integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
      'function doubled(integer) gives bigint and not integer any more',
    ],
    ['DROP TRIGGER touched ON review', 'trigger touched on review is gone'],
    ['ALTER TABLE archive ENABLE ROW LEVEL SECURITY', 'table archive has row security now'],
    ['REVOKE SELECT ON archive FROM PUBLIC', 'everyone may not SELECT any more on table archive'],
    ['REVOKE UPDATE, DELETE ON review FROM app', 'app may not DELETE, UPDATE any more on table review'],
    ['TRUNCATE archive', 'table archive is emptied or written anew'],
    ['DROP SEQUENCE ticket', 'sequence ticket is gone'],
    [
      'DROP TABLE old_log; CREATE TABLE old_log (id integer)',
      'table old_log was made anew, without its rows',
    ],
    ['ALTER TABLE bulky RENAME TO big', 'table bulky is renamed to big'],
    ['DROP TABLE review', ['table review is gone']],
    [
      'ALTER TABLE archive DROP CONSTRAINT known; ALTER SCHEMA catalog RENAME TO shop',
      'schema catalog is renamed to shop',
    ],
  ];
  const { names, plan: answer } = await plan(
    'removing',
    expected.map(([sql]) => sql),
  );
  const lines = expected.flatMap(([, findings], index) =>
    [findings].flat().map((finding) => `${names[index]}: ${finding}`),
  );
  expect(answer.faults).toEqual(lines);
  expect(await scratch()).toEqual([]);
});

test('a file that cannot run, or would reach beyond its database, is a fault with the reason', async () => {
  const faultOf = async (sql: string) => (await plan('failing', [sql])).plan.faults.join();
  expect(await faultOf('ALTER TABLE catalog.items ADD COLUMN extra int; SELECT nonsense')).toBe(
    '100_change.sql: does not run: column "nonsense" does not exist',
  );
  expect(await faultOf('CREATE TABLE half (id int); COMMIT; CREATE TABLE other (id int)')).toContain(
    'it has a COMMIT or ROLLBACK of its own',
  );
  expect(await faultOf("ALTER ROLE app SET search_path = 'catalog'")).toContain(
    'it changes a role or a setting',
  );
  expect(await query("SELECT FROM pg_db_role_setting WHERE setconfig::text LIKE '%search_path%'")).toEqual(
    [],
  );
  expect(await faultOf('-- alwayson: no-transaction\nVACUUM archive')).toContain(
    'without a transaction a file is one',
  );
  expect(await faultOf('SET statement_timeout = 50; SELECT pg_sleep(9)')).toContain('statement timeout');
  expect(await scratch()).toEqual([]);
});

test('what makes others wait on a big table, or surprises them, is a warning', async () => {
  // Wide rows on nearly empty pages: the size is what matters.
  await query("INSERT INTO bulky SELECT n, repeat('x', 700) FROM generate_series(1, 6500) AS n");
  const { plan: answer } = await plan('slow', [
    'CREATE INDEX bulky_by_id ON bulky (id)',
    'ALTER TABLE bulky ADD COLUMN at timestamptz NOT NULL DEFAULT clock_timestamp()',
    '-- alwayson: no-transaction\nCREATE INDEX CONCURRENTLY bulky_by_body ON bulky (body)',
    'CREATE INDEX archive_by_id ON archive (id)',
    'CREATE TABLE tag (item_id bigint REFERENCES catalog.items, log_id bigint REFERENCES review ON DELETE CASCADE)',
  ]);
  expect(answer.faults).toEqual([]);
  expect(answer.warnings).toEqual([
    '100_change.sql: builds index bulky_by_id while writes wait, on bulky (over 50 MB)',
    '101_change.sql: writes all of bulky anew, and nobody can use it meanwhile (over 50 MB)',
    '104_change.sql: keeps rows of catalog.items from deletion while tag refers to them',
  ]);
});
