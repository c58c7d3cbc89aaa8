import type { Catalogue, CatalogueConstraint, CatalogueRelation } from './catalogue.ts';
import { findAdded } from './find-key-losses.ts';

/** From here on a table is big: building or writing it anew takes seconds, and somebody waits. */
const bigBytes = 50_000_000;
const numbers = new Set(['smallint', 'integer', 'bigint', 'numeric']);

export interface CostsQuestion {
  before: Catalogue;
  after: Catalogue;
  /** Bytes of the live tables, by name. */
  sizes: ReadonlyMap<string, number>;
  /** It ran outside of a transaction: nobody waits for it. */
  isAlone: boolean;
}

/** What a change costs whoever works meanwhile, or may surprise them, without taking anything away. In words for people. */
export function findCosts({ before, after, sizes, isAlone }: CostsQuestion): string[] {
  return after.relations.flatMap((relation) => {
    const was = before.relations.find(({ name, kind }) => name === relation.name && kind === relation.kind);
    const holds = findRefusedDeletions(before, { was, relation });
    if (was === undefined || relation.kind !== 'table') return holds;
    const bytes = sizes.get(relation.name) ?? 0;
    const locks = bytes >= bigBytes ? findWaits(was, relation, isAlone) : [];
    return [
      ...locks.map((lock) => `${lock} (${toMagnitude(bytes)})`),
      ...findRetyped(was, relation),
      ...holds,
    ];
  });
}

/** Coarse, so that a plan stays the same plan while the table grows a little. */
function toMagnitude(bytes: number): string {
  if (bytes < 1e8) return 'over 50 MB';
  const power = Math.floor(Math.log10(bytes));
  return power < 9 ? `over ${10 ** (power - 6)} MB` : `over ${10 ** (power - 9)} GB`;
}

function findWaits(was: CatalogueRelation, is: CatalogueRelation, isAlone: boolean): string[] {
  const isWrittenAnew = was.file !== is.file;
  const waits = isWrittenAnew ? [`writes all of ${is.name} anew, and nobody can use it meanwhile`] : [];
  const built = is.indexes.filter(
    (index) => !was.indexes.some(({ definition }) => definition === index.definition),
  );
  if (isAlone || isWrittenAnew) return waits;
  return [...waits, ...built.map(({ name }) => `builds index ${name} while writes wait, on ${is.name}`)];
}

function findRetyped(was: CatalogueRelation, is: CatalogueRelation): string[] {
  return was.columns.flatMap(({ name, type }) => {
    const left = is.columns.find((column) => column.name === name);
    if (left === undefined || left.type === type || ![type, left.type].every((each) => numbers.has(each))) {
      return [];
    }
    return [
      `gives column ${is.name}.${name} as ${left.type}, which some drivers read differently than ${type}`,
    ];
  });
}

/** A foreign key keeps what it leads to from being deleted, also by who does not know of it. */
function findRefusedDeletions(
  before: Catalogue,
  { was, relation }: { was: CatalogueRelation | undefined; relation: CatalogueRelation },
): string[] {
  const added = was === undefined ? null : findAdded(was, relation);
  const isNew = ({ definition, columns }: CatalogueConstraint) =>
    !(was?.constraints ?? []).some((known) => known.definition === definition) &&
    (added === null || columns.some((column) => added.has(column)));
  return relation.constraints
    .filter((own) => own.kind === 'foreign key' && own.refusesDeletion && isNew(own))
    .filter(({ references }) => before.relations.some(({ name }) => name === references))
    .map(
      ({ references }) => `keeps rows of ${references} from deletion while ${relation.name} refers to them`,
    );
}
