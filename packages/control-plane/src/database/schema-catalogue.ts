import type {
  Catalogue,
  CatalogueColumn,
  CatalogueConstraint,
  CatalogueFunction,
  CatalogueIndex,
  CataloguePrivilege,
  CatalogueRelation,
  CatalogueType,
} from '@alwayson/core/schema/catalogue.ts';
import type { SqlClient } from '@alwayson/engines/postgres/sql-client.ts';

/** Schemas of users, and within them what no extension brought. Names are written as a session sees them that looks into `public`. */
const isOurs = (schema: string, [catalogue, id]: [string, string]) => `
  ${schema} IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend
    WHERE classid = '${catalogue}'::regclass AND objid = ${id} AND deptype = 'e')`;

const ourRelations = isOurs('c.relnamespace', ['pg_class', 'c.oid']);
const relationKind = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
  WHEN 'm' THEN 'materialised view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'composite type' END`;

/** Sequences that belong to a column are left out: the column's default says it. */
const relations = `
  SELECT c.oid::text AS id, c.oid::regclass::text AS name, c.relnamespace::regnamespace::text AS schema,
    ${relationKind} AS kind, c.relpersistence = 'p' AS "isDurable", c.relrowsecurity AS "hasRowSecurity",
    c.relkind = 'r' AND c.relhasrules AS "hasRules",
    array_remove(ARRAY[CASE WHEN bits & 8 > 0 THEN 'INSERT' END, CASE WHEN bits & 4 > 0 THEN 'UPDATE' END,
      CASE WHEN bits & 16 > 0 THEN 'DELETE' END], NULL) AS takes,
    (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid ORDER BY inhseqno LIMIT 1) AS parent,
    CASE WHEN c.relkind = 'r' THEN pg_relation_filenode(c.oid)::text END AS file
  FROM pg_class c, LATERAL (SELECT pg_relation_is_updatable(c.oid, true) AS bits) AS takes
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND ${ourRelations}
    AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i')
        AND refclassid = 'pg_class'::regclass))
  ORDER BY name`;

const columns = `
  SELECT a.attrelid::text AS relation, a.attnum AS number, a.attname AS name,
    format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END AS type,
    concat_ws(':', a.atttypid, a.atttypmod, a.attcollation) AS "typeId",
    a.attnotnull AS "isNotNull", pg_get_expr(d.adbin, d.adrelid) AS default,
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
    a.attgenerated <> '' AS "isComputed", a.attidentity <> '' AS "variesByRow"
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attislocal AND ${ourRelations}
  ORDER BY a.attrelid, a.attnum`;

const names = (numbers: string, relation: string) => `
  ARRAY(SELECT a.attname::text FROM unnest(${numbers}) WITH ORDINALITY AS k(number, place)
    LEFT JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.number ORDER BY place)`;

/** Those that came down from a parent table are left out: they are the parent's. */
const constraints = `
  SELECT o.conrelid::text AS relation, o.conname AS name,
    CASE o.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' WHEN 'p' THEN 'primary key'
      WHEN 'f' THEN 'foreign key' ELSE 'exclusion' END AS kind,
    replace(pg_get_constraintdef(o.oid), ' NOT VALID', '') AS definition, ${names('o.conkey', 'o.conrelid')} AS columns,
    CASE WHEN o.confrelid <> 0 THEN o.confrelid::regclass::text END AS references,
    o.contype = 'f' AND o.confdeltype IN ('a', 'r') AS "refusesDeletion",
    coalesce((SELECT (to_jsonb(i)->>'indnullsnotdistinct')::boolean FROM pg_index i
      WHERE i.indexrelid = o.conindid AND o.contype IN ('u', 'p')), false) IS FALSE AS "isNullsDistinct",
    false AS "holdsByDefault"
  FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
  WHERE o.contype IN ('c', 'u', 'p', 'f', 'x') AND o.coninhcount = 0 AND o.conparentid = 0 AND ${ourRelations}
  ORDER BY o.conrelid, o.conname`;

const indexes = `
  SELECT i.indrelid::text AS relation, x.relname AS name,
    replace(pg_get_indexdef(x.oid), ' INDEX ' || quote_ident(x.relname) || ' ON ', ' INDEX ON ') AS definition,
    i.indisunique AS "isUnique", i.indisvalid AS "isValid",
    (${names('i.indkey::int2[]', 'i.indrelid')})[1:i.indnkeyatts] AS columns,
    coalesce((to_jsonb(i)->>'indnullsnotdistinct')::boolean, false) IS FALSE AS "isNullsDistinct",
    EXISTS (SELECT FROM pg_constraint WHERE conindid = x.oid AND contype IN ('u', 'p', 'x')) AS "isOfConstraint"
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
  WHERE NOT x.relispartition AND ${ourRelations}
  ORDER BY i.indrelid, x.relname`;

const triggers = `
  SELECT t.tgrelid::text AS relation, t.oid::text AS id, t.tgname AS name, t.tgenabled <> 'D' AS "isEnabled"
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${ourRelations}
  ORDER BY t.tgrelid, t.tgname`;

const types = `
  SELECT t.oid::text AS id, t.oid::regtype::text AS name, t.typnamespace::regnamespace::text AS schema,
    CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END AS kind,
    (SELECT coalesce(json_agg(json_build_object('id', e.oid::text, 'name', e.enumlabel) ORDER BY e.enumsortorder), '[]')
      FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base, t.typnotnull AS "isNotNull",
    ARRAY(SELECT replace(pg_get_constraintdef(oid), ' NOT VALID', '') FROM pg_constraint
      WHERE contypid = t.oid AND contype = 'c' ORDER BY 1) AS checks
  FROM pg_type t
  WHERE t.typtype IN ('e', 'd', 'r') AND ${isOurs('t.typnamespace', ['pg_type', 't.oid'])}
  ORDER BY name`;

const ourFunctions = isOurs('p.pronamespace', ['pg_proc', 'p.oid']);
const functions = `
  SELECT p.oid::text AS id, p.oid::regprocedure::text AS name, p.pronamespace::regnamespace::text AS schema,
    coalesce(pg_get_function_result(p.oid), 'nothing') AS result, p.pronargdefaults::int AS defaults
  FROM pg_proc p WHERE ${ourFunctions}
  ORDER BY name`;

/** What nobody granted is there too: what owners and everyone have by default. Administrators may do everything anyway. */
const privileges = `
  SELECT object, CASE WHEN acl.grantee = 0 THEN 'everyone' ELSE acl.grantee::regrole::text END AS grantee,
    acl.privilege_type AS privilege
  FROM (
    SELECT ${relationKind} || ' ' || c.oid::regclass AS object,
      coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) AS list
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${ourRelations}
    UNION ALL
    SELECT 'column ' || c.oid::regclass || '.' || a.attname, a.attacl
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped AND ${ourRelations}
    UNION ALL
    SELECT 'schema ' || n.oid::regnamespace, coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p WHERE ${ourFunctions}
    UNION ALL
    SELECT 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner))
    FROM pg_type t WHERE t.typtype IN ('e', 'd', 'r') AND ${isOurs('t.typnamespace', ['pg_type', 't.oid'])}
  ) AS held, LATERAL aclexplode(held.list) AS acl
    LEFT JOIN pg_roles r ON r.oid = acl.grantee
  WHERE r.rolsuper IS NOT TRUE
  ORDER BY 1, 2, 3`;

type Of<T> = T & { relation: string };
type Parts = 'columns' | 'constraints' | 'indexes' | 'triggers';

/** Reads all that clients may rely on, of the database that the session is in, as one moment of it. */
export async function readCatalogue(client: SqlClient): Promise<Catalogue> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query('SET LOCAL search_path = public');
  const of = async <T>(sql: string) =>
    Map.groupBy(await client.query<Of<T>>(sql), ({ relation }) => relation);
  const [byColumn, byConstraint, byIndex, byTrigger] = [
    await of<CatalogueColumn>(columns),
    await of<CatalogueConstraint>(constraints),
    await of<CatalogueIndex>(indexes),
    await of<CatalogueRelation['triggers'][number]>(triggers),
  ];
  const catalogue: Catalogue = {
    schemas: await client.query(
      `SELECT oid::text AS id, oid::regnamespace::text AS name FROM pg_namespace
       WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname`,
    ),
    extensions: (
      await client.query<{ name: string }>('SELECT extname AS name FROM pg_extension ORDER BY extname')
    ).map(({ name }) => name),
    relations: (await client.query<Omit<CatalogueRelation, Parts>>(relations)).map((relation) => ({
      ...relation,
      columns: byColumn.get(relation.id) ?? [],
      constraints: byConstraint.get(relation.id) ?? [],
      indexes: byIndex.get(relation.id) ?? [],
      triggers: byTrigger.get(relation.id) ?? [],
    })),
    types: await client.query<CatalogueType>(types),
    functions: await client.query<CatalogueFunction>(functions),
    privileges: await client.query<CataloguePrivilege>(privileges),
  };
  await client.query('COMMIT');
  return catalogue;
}
