import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../../src/database/migration-files.ts';
import type { ReleaseFiles } from '../../src/database/schema-work.ts';
import type { DatabaseRig } from './database-rig.ts';

/** Writes the migrations of a release, by name, and says what a release says of them. */
export async function makeRelease(
  rig: DatabaseRig,
  version: string,
  migrations: Record<string, string>,
): Promise<ReleaseFiles> {
  const folder = join(rig.environment.stateDir, 'releases', version);
  mkdirSync(folder, { recursive: true });
  for (const [name, sql] of Object.entries(migrations)) writeFileSync(join(folder, name), sql);
  const files = (await readMigrations(folder)).map(({ name, checksum }) => ({ name, checksum }));
  return { version, folder, files };
}

/** One file for each statement, numbered in their order from 100 on, and their names. */
export function toFiles(statements: readonly string[]): { files: Record<string, string>; names: string[] } {
  const names = statements.map((_, index) => `${100 + index}_change.sql`);
  const files = Object.fromEntries(names.map((name, index) => [name, statements[index] ?? '']));
  return { files, names };
}

/** What the estate starts with: something of everything that a catalogue knows. */
export const baseMigrations = {
  '001_base.sql': `
    CREATE SCHEMA catalog;
    CREATE TYPE mood AS ENUM ('calm', 'wild');
    CREATE DOMAIN quantity AS integer CHECK (VALUE >= 0);
    CREATE TABLE catalog.items (
      id bigint PRIMARY KEY, name text NOT NULL, price numeric(10, 2), code varchar(20) DEFAULT 'none' CHECK (code IN ('none', 'some')), size integer,
      note text, colour text, weight integer DEFAULT 1, stock quantity, sku text UNIQUE, shelf integer, place text);
    CREATE INDEX items_by_name ON catalog.items (name);
    CREATE INDEX items_by_colour ON catalog.items (colour);
    CREATE TABLE review (
      id bigserial PRIMARY KEY, item_id bigint NOT NULL CONSTRAINT review_of REFERENCES catalog.items,
      stars smallint CONSTRAINT stars_known CHECK (stars BETWEEN 1 AND 5), mood mood, author text, UNIQUE (item_id, author));
    CREATE TABLE archive (id integer, body text);
    CREATE TABLE old_log (id integer);
    CREATE TABLE bulky (id integer, body text) WITH (fillfactor = 10);
    CREATE VIEW item_names AS SELECT id, name FROM catalog.items;
    CREATE FUNCTION doubled(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE UPDATE ON review FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE SEQUENCE ticket;
    GRANT SELECT ON archive TO PUBLIC;`,
};
