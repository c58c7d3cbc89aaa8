import type { Catalogue, CatalogueRelation } from './catalogue.ts';

/**
 * Tables of `live` whose rows were put into another file by one step, although the table looks the same: a TRUNCATE, as far as
 * anybody can tell. In words for people.
 */
export function findEmptied(live: Catalogue, before: Catalogue, after: Catalogue): string[] {
  const wasThere = new Set(live.relations.map(({ id }) => id));
  return before.relations
    .filter(({ id, kind }) => kind === 'table' && wasThere.has(id))
    .filter((was) =>
      after.relations.some((is) => is.id === was.id && is.file !== was.file && looks(is) === looks(was)),
    )
    .map(({ name }) => `table ${name} is emptied or written anew`);
}

/** What gives a table another file without taking its rows. */
function looks({ isDurable, columns }: CatalogueRelation): string {
  return JSON.stringify([isDurable, columns.map(({ name, type }) => [name, type])]);
}
