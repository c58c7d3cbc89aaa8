import type { Catalogue, CatalogueColumn, CatalogueRelation } from '@alwayson/core/schema/catalogue.ts';
import { findAdded } from '@alwayson/core/schema/find-key-losses.ts';
import { applicationUser } from '@alwayson/engines/postgres/server-files.ts';
import type { SqlClient } from '@alwayson/engines/postgres/sql-client.ts';

/**
 * Asks the server what a row gets that does not name the new columns of a table from before: whether their defaults differ from
 * row to row, and whether checks of theirs let it pass. What cannot be answered is answered for the worse.
 */
export async function probeAdded(client: SqlClient, before: Catalogue, after: Catalogue): Promise<Catalogue> {
  const relations: CatalogueRelation[] = [];
  for (const relation of after.relations) {
    const was = before.relations.find(({ name, kind }) => name === relation.name && kind === relation.kind);
    const added = was === undefined ? new Map<string, CatalogueColumn>() : findAdded(was, relation);
    relations.push(added.size === 0 ? relation : await probeRelation(client, relation, added));
  }
  return { ...after, relations };
}

async function probeRelation(
  client: SqlClient,
  relation: CatalogueRelation,
  added: ReadonlyMap<string, CatalogueColumn>,
): Promise<CatalogueRelation> {
  const columns: CatalogueColumn[] = [];
  for (const column of relation.columns) {
    const { default: value, variesByRow, isComputed } = column;
    const isAsked = added.has(column.name) && value !== null && !isComputed;
    const varies = isAsked && (await holds(client, `(${value}) IS DISTINCT FROM (${value}) AS yes`));
    columns.push({ ...column, variesByRow: variesByRow || varies });
  }
  const constraints: CatalogueRelation['constraints'][number][] = [];
  for (const constraint of relation.constraints) {
    const named = constraint.columns.map((name) => added.get(name));
    const isAsked = constraint.kind === 'check' && named.every((column) => column !== undefined);
    const holdsByDefault =
      isAsked && named.length > 0 && (await holds(client, renderCheck(constraint.definition, named)));
    constraints.push({ ...constraint, holdsByDefault });
  }
  return { ...relation, columns, constraints };
}

/** The check over one row of defaults. Unknown passes, as it does at an insert. */
function renderCheck(definition: string, columns: readonly CatalogueColumn[]): string {
  const expression = definition.replace(/^CHECK /, '').replace(/ NO INHERIT$/, '');
  const row = columns.map(
    ({ name, type, default: value }) => `(${value ?? 'NULL'})::${type} AS "${name.replaceAll('"', '""')}"`,
  );
  return `coalesce(${expression}, true) AS yes FROM (SELECT ${row.join(', ')}) AS row`;
}

/** False also when the question cannot be asked: a function fails, a type knows no equality. */
async function holds(client: SqlClient, question: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL ROLE ${applicationUser}`);
    await client.query('SET LOCAL search_path = public');
    const [row] = await client.query<{ yes: boolean }>(`SELECT ${question}`);
    return row?.yes === true;
  } catch {
    return false;
  } finally {
    await client.query('ROLLBACK');
  }
}
