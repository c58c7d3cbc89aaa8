import type { CatalogueColumn, CatalogueRelation } from './catalogue.ts';
import { findAdded, findKeyLosses } from './find-key-losses.ts';
import { isWidening } from './type-widening.ts';

/** Kinds that hold rows of their own. */
const holding = new Set<CatalogueRelation['kind']>(['table', 'materialised view']);

/** What a client may miss of a table, view, sequence or composite type. */
export function findRelationLosses(
  before: CatalogueRelation,
  relations: readonly CatalogueRelation[],
): string[] {
  const { id, kind, name } = before;
  const after = relations.find((candidate) => candidate.name === name);
  if (after === undefined) {
    const renamed = relations.find((candidate) => candidate.id === id);
    return [
      renamed === undefined ? `${kind} ${name} is gone` : `${kind} ${name} is renamed to ${renamed.name}`,
    ];
  }
  if (after.kind !== kind) return [`${kind} ${name} is a ${after.kind} now`];
  return [
    ...findOwnLosses(before, after),
    ...before.columns.flatMap((column) => findColumnLosses(before, after, column)),
    ...findNewColumns(before, after),
    ...findKeyLosses(before, after),
    ...findTriggerLosses(before, after),
  ];
}

function findOwnLosses(before: CatalogueRelation, after: CatalogueRelation): string[] {
  const { kind, name } = before;
  const what = `${kind} ${name}`;
  const losses: string[] = [];
  if (holding.has(kind) && after.id !== before.id) losses.push(`${what} was made anew, without its rows`);
  if (before.isDurable && !after.isDurable) losses.push(`${what} does not survive a crash any more`);
  if (!before.hasRowSecurity && after.hasRowSecurity) losses.push(`${what} has row security now`);
  if (!before.hasRules && after.hasRules) losses.push(`${what} has a rule now`);
  const refused = before.takes.filter((verb) => !after.takes.includes(verb));
  if (refused.length > 0) losses.push(`${what} takes no ${refused.join(', ')} any more`);
  if (before.parent !== after.parent) {
    if (before.parent !== null) losses.push(`${what} is no part of ${before.parent} any more`);
    if (after.parent !== null)
      losses.push(`${what} is a part of ${after.parent} now and takes only its rows`);
  }
  return losses;
}

function findColumnLosses(
  before: CatalogueRelation,
  after: CatalogueRelation,
  column: CatalogueColumn,
): string[] {
  const what = `column ${before.name}.${column.name}`;
  const left = after.columns.find(({ name }) => name === column.name);
  if (left === undefined) {
    const renamed = after.columns.find(({ number }) => number === column.number);
    const isRenamed = after.id === before.id && renamed !== undefined;
    return [isRenamed ? `${what} is renamed to ${before.name}.${renamed.name}` : `${what} is gone`];
  }
  const losses: string[] = [];
  const isSame = after.id === before.id && left.number === column.number;
  if (after.id === before.id && !isSame && before.kind === 'table') {
    losses.push(`${what} was made anew, without its values`);
  }
  if (left.typeId !== column.typeId && !isWidening(column.type, left.type)) {
    losses.push(`${what} changes from ${column.type} to ${left.type}`);
  }
  if (left.isNotNull && !column.isNotNull) losses.push(`${what} does not take NULL any more`);
  if (column.isComputed && !left.isComputed) losses.push(`${what} is not computed any more`);
  else if (isFilled(column) && !isFilled(left)) losses.push(`${what} has no default any more`);
  if (!column.isComputed && left.isComputed) losses.push(`${what} is computed now and takes no value`);
  if (left.identity === 'always' && column.identity !== 'always') {
    losses.push(`${what} takes no value of a client's own any more`);
  }
  return losses;
}

function findNewColumns(before: CatalogueRelation, after: CatalogueRelation): string[] {
  if (before.kind !== 'table') return [];
  return [...findAdded(before, after).values()]
    .filter((column) => column.isNotNull && !isFilled(column))
    .map(({ name }) => `column ${before.name}.${name} is new, NOT NULL and without a default`);
}

function findTriggerLosses(before: CatalogueRelation, after: CatalogueRelation): string[] {
  return before.triggers
    .filter(({ isEnabled }) => isEnabled)
    .flatMap(({ id, name }) => {
      const left = after.triggers.find((trigger) => trigger.name === name || trigger.id === id);
      if (left?.isEnabled === true) return [];
      return [`trigger ${name} on ${before.name} is ${left === undefined ? 'gone' : 'switched off'}`];
    });
}

/** A row may be inserted without naming it, and it has a value. */
function isFilled({ default: expression, identity, isComputed }: CatalogueColumn): boolean {
  return expression !== null || identity !== null || isComputed;
}
