import type { CatalogueColumn, CatalogueConstraint, CatalogueIndex, CatalogueRelation } from './catalogue.ts';

/** A table before and after, and what rows of a client from before do not name. */
interface Change {
  before: CatalogueRelation;
  after: CatalogueRelation;
  added: ReadonlyMap<string, CatalogueColumn>;
}

/** What a client may miss among constraints and indexes of a table, and what new ones refuse of what it does. */
export function findKeyLosses(before: CatalogueRelation, after: CatalogueRelation): string[] {
  const change = { before, after, added: findAdded(before, after) };
  const news = before.kind === 'table';
  return [
    ...before.constraints.flatMap((own) => findConstraintLoss(change, own)),
    ...before.indexes.flatMap((own) => findIndexLoss(change, own)),
    ...(news ? after.constraints.flatMap((own) => findNewConstraint(change, own)) : []),
    ...(news ? after.indexes.flatMap((own) => findNewUniqueIndex(change, own)) : []),
  ];
}

/** Columns that are there now and are no column from before under another name. */
export function findAdded(
  before: CatalogueRelation,
  after: CatalogueRelation,
): ReadonlyMap<string, CatalogueColumn> {
  const known = new Set(before.columns.map(({ name }) => name));
  const numbers = new Set(after.id === before.id ? before.columns.map(({ number }) => number) : []);
  const added = after.columns.filter(({ name, number }) => !known.has(name) && !numbers.has(number));
  return new Map(added.map((column) => [column.name, column]));
}

function findConstraintLoss(change: Change, own: CatalogueConstraint): string[] {
  const { before, after } = change;
  const { name, kind, definition } = own;
  // Without a check more is taken, and nothing that was is refused.
  if (kind === 'check' || isLost(change, own.columns)) return [];
  const what = `${kind} ${name} on ${before.name}`;
  const left = after.constraints.find((constraint) => constraint.name === name);
  if (left?.definition === definition) return [];
  if (left !== undefined) return [`${what} changes from ${definition} to ${left.definition}`];
  const renamed = after.constraints.find((constraint) => constraint.definition === definition);
  return [renamed === undefined ? `${what} is gone` : `${what} is renamed to ${renamed.name}`];
}

function findIndexLoss(change: Change, own: CatalogueIndex): string[] {
  const { before, after } = change;
  if (own.isOfConstraint || !own.isValid || isLost(change, own.columns)) return [];
  const isLeft = after.indexes.some(
    ({ isValid, definition, name }) =>
      isValid && (definition === own.definition || (name === own.name && isRetyped(change, own.columns))),
  );
  return isLeft ? [] : [`index ${own.name} on ${before.name} is gone`];
}

function findNewConstraint(change: Change, own: CatalogueConstraint): string[] {
  const { before, added } = change;
  const { kind, columns, definition, name } = own;
  if (before.constraints.some((constraint) => constraint.definition === definition)) return [];
  const known = before.constraints.find((constraint) => constraint.name === name && constraint.kind === kind);
  if (kind === 'check') {
    const isOfNew = columns.length > 0 && columns.every((column) => added.has(column));
    if (isOfNew && own.holdsByDefault) return [];
    if (known !== undefined && isRetyped(change, columns) && isSameButCasts(known, own)) return [];
  } else {
    // One that changed was said already.
    if (known !== undefined && !isLost(change, known.columns)) return [];
    if (isUnique(kind) && hasUnique(before, own)) return [];
    if (isNeverRefused(own, added)) return [];
  }
  return [`${kind} ${name} on ${before.name} is new: ${definition}`];
}

function findNewUniqueIndex({ before, added }: Change, own: CatalogueIndex): string[] {
  if (!own.isUnique || own.isOfConstraint) return [];
  if (before.indexes.some(({ isValid, definition }) => isValid && definition === own.definition)) return [];
  const columns = own.columns.filter((column) => column !== null);
  const keys = { columns, kind: 'unique', isNullsDistinct: own.isNullsDistinct } as const;
  if (columns.length === own.columns.length && hasUnique(before, keys)) return [];
  if (isNeverRefused(keys, added)) return [];
  return [`unique index ${own.name} on ${before.name} is new: ${own.definition}`];
}

type Keys = Pick<CatalogueConstraint, 'columns' | 'kind' | 'isNullsDistinct'>;

/** True when rows that do not name the new columns pass, whatever else they hold. */
function isNeverRefused(
  { columns, kind, isNullsDistinct }: Keys,
  added: ReadonlyMap<string, CatalogueColumn>,
): boolean {
  return columns.some((name) => {
    const column = added.get(name);
    if (column === undefined) return false;
    const isNull = column.default === null && column.identity === null && !column.isComputed;
    if (kind === 'foreign key' || kind === 'exclusion') return isNull;
    return (isNull && isNullsDistinct) || column.variesByRow;
  });
}

/** Uniqueness that was there before: of these columns, or of some of them. */
function hasUnique({ indexes }: CatalogueRelation, { columns, isNullsDistinct }: Keys): boolean {
  return indexes.some(
    (index) =>
      index.isUnique &&
      index.isValid &&
      (isNullsDistinct || !index.isNullsDistinct) &&
      !index.definition.includes(' WHERE ') &&
      index.columns.every((column) => column !== null && columns.includes(column)),
  );
}

function isUnique(kind: CatalogueConstraint['kind']): boolean {
  return kind === 'unique' || kind === 'primary key';
}

/** Columns that are gone, renamed or made anew are a loss already; what was built on them follows. */
function isLost({ before, after }: Change, names: readonly (string | null)[]): boolean {
  return isAny(before, names, (column) => {
    const left = after.columns.find(({ name }) => name === column.name);
    return left === undefined || (after.id === before.id && left.number !== column.number);
  });
}

/** A column's type changed, and with it the text of what was built on it. */
function isRetyped({ before, after }: Change, names: readonly (string | null)[]): boolean {
  return isAny(before, names, (column) => {
    const left = after.columns.find(({ name }) => name === column.name);
    return left !== undefined && left.type !== column.type;
  });
}

function isAny(
  { columns }: CatalogueRelation,
  names: readonly (string | null)[],
  isTrue: (column: CatalogueColumn) => boolean,
): boolean {
  // An expression may be over any of them.
  const concerned = names.includes(null) ? columns : columns.filter(({ name }) => names.includes(name));
  return concerned.some(isTrue);
}

/** PostgreSQL writes casts, and parentheses around them, by the types of columns. */
const castPattern = /::[a-z]+(?: varying| precision)?(?:\[\])?|[()]/g;

function isSameButCasts(a: CatalogueConstraint, b: CatalogueConstraint): boolean {
  return a.definition.replaceAll(castPattern, '') === b.definition.replaceAll(castPattern, '');
}
