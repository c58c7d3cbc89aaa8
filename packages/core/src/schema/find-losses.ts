import type { Catalogue, CatalogueFunction, CatalogueType } from './catalogue.ts';
import { findRelationLosses } from './find-relation-losses.ts';
import { isWidening } from './type-widening.ts';

/**
 * What a client written for `before` may miss in `after`, in words for people; empty when `after` only adds. Both are of one
 * database. What a change does to rows, and what functions, triggers and views compute, is not seen.
 */
export function findLosses(before: Catalogue, after: Catalogue): string[] {
  const schemas = findGone('schema', before.schemas, after.schemas);
  const lost = new Set(
    before.schemas
      .map(({ name }) => name)
      .filter((name) => !after.schemas.some((left) => left.name === name)),
  );
  const isElsewhere = ({ schema }: { schema: string }) => !lost.has(schema);
  return [
    ...schemas,
    ...before.extensions
      .filter((name) => !after.extensions.includes(name))
      .map((name) => `extension ${name} is gone`),
    ...before.relations
      .filter(isElsewhere)
      .flatMap((relation) => findRelationLosses(relation, after.relations)),
    ...before.types.filter(isElsewhere).flatMap((type) => findTypeLosses(type, after.types)),
    ...before.functions.filter(isElsewhere).flatMap((own) => findFunctionLosses(own, after.functions)),
    ...findPrivilegeLosses(before, after),
  ];
}

interface Named {
  id: string;
  name: string;
}

function findGone(kind: string, before: readonly Named[], after: readonly Named[]): string[] {
  return before
    .filter(({ name }) => !after.some((left) => left.name === name))
    .map(({ id, name }) => {
      const renamed = after.find((left) => left.id === id);
      return renamed === undefined
        ? `${kind} ${name} is gone`
        : `${kind} ${name} is renamed to ${renamed.name}`;
    });
}

function findTypeLosses(type: CatalogueType, after: readonly CatalogueType[]): string[] {
  const { name, kind } = type;
  const left = after.find((candidate) => candidate.name === name);
  if (left === undefined) return findGone(kind === 'domain' ? 'domain' : 'type', [type], after);
  if (left.kind !== kind) return [`type ${name} is not the ${kind} any more that it was`];
  const losses = findGone('label', type.labels, left.labels).map((loss) => `${loss} in type ${name}`);
  if (type.base !== null && left.base !== null && !isWidening(type.base, left.base)) {
    losses.push(`domain ${name} changes from ${type.base} to ${left.base}`);
  }
  if (left.isNotNull && !type.isNotNull) losses.push(`domain ${name} does not take NULL any more`);
  const checks = left.checks.filter((check) => !type.checks.includes(check));
  return [...losses, ...checks.map((check) => `domain ${name} has a new check: ${check}`)];
}

function findFunctionLosses(own: CatalogueFunction, after: readonly CatalogueFunction[]): string[] {
  const left = after.find(({ name }) => name === own.name);
  if (left === undefined) return findGone('function', [own], after);
  if (left.result !== own.result) {
    return [`function ${own.name} gives ${left.result} and not ${own.result} any more`];
  }
  if (left.defaults < own.defaults) return [`function ${own.name} needs more of its arguments than before`];
  return [];
}

/** Of what is still there: what is gone is said already. */
function findPrivilegeLosses(before: Catalogue, after: Catalogue): string[] {
  const there = new Set([
    ...after.schemas.map(({ name }) => `schema ${name}`),
    ...after.relations.map(({ kind, name }) => `${kind} ${name}`),
    ...after.relations.flatMap(({ name, columns }) =>
      columns.map((column) => `column ${name}.${column.name}`),
    ),
    ...after.types.map(({ name }) => `type ${name}`),
    ...after.functions.map(({ name }) => `function ${name}`),
  ]);
  const held = new Set(after.privileges.map(toKey));
  const lost = new Map<string, string[]>();
  for (const own of before.privileges) {
    if (!there.has(own.object) || held.has(toKey(own))) continue;
    const who = `${own.grantee} may not`;
    const key = `${who}\n${own.object}`;
    lost.set(key, [...(lost.get(key) ?? []), own.privilege]);
  }
  return [...lost].map(([key, privileges]) => {
    const [who, object] = key.split('\n');
    return `${who} ${privileges.join(', ')} any more on ${object}`;
  });
}

function toKey({
  object,
  grantee,
  privilege,
}: {
  object: string;
  grantee: string;
  privilege: string;
}): string {
  return [object, grantee, privilege].join('\n');
}
