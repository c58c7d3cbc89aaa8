import type {
  Catalogue,
  CatalogueColumn,
  CatalogueConstraint,
  CatalogueIndex,
  CatalogueRelation,
} from '../../src/schema/catalogue.ts';

const typeIds = ['integer', 'bigint', 'text', 'numeric(10,2)'];

export function column(name: string, given: Partial<CatalogueColumn> = {}): CatalogueColumn {
  const type = given.type ?? 'integer';
  return {
    number: 1,
    name,
    type,
    typeId: String(typeIds.indexOf(type)),
    isNotNull: false,
    default: null,
    identity: null,
    isComputed: false,
    variesByRow: false,
    ...given,
  };
}

export function table(name: string, given: Partial<CatalogueRelation> = {}): CatalogueRelation {
  const { columns = [], ...rest } = given;
  return {
    id: `id of ${name}`,
    name,
    schema: 'public',
    kind: 'table',
    isDurable: true,
    hasRowSecurity: false,
    hasRules: false,
    takes: ['INSERT', 'UPDATE', 'DELETE'],
    parent: null,
    file: '1',
    constraints: [],
    indexes: [],
    triggers: [],
    ...rest,
    columns: columns.map((each, place) => ({ ...each, number: place + 1 })),
  };
}

export function constraint(given: Partial<CatalogueConstraint>): CatalogueConstraint {
  return {
    name: 'rule',
    kind: 'unique',
    definition: 'UNIQUE (a)',
    columns: ['a'],
    references: null,
    refusesDeletion: false,
    isNullsDistinct: true,
    holdsByDefault: false,
    ...given,
  };
}

export function index(given: Partial<CatalogueIndex>): CatalogueIndex {
  return {
    name: 'by_a',
    definition: 'CREATE INDEX ON t USING btree (a)',
    isUnique: false,
    isValid: true,
    columns: ['a'],
    isNullsDistinct: true,
    isOfConstraint: false,
    ...given,
  };
}

export function catalogue(given: Partial<Catalogue> = {}): Catalogue {
  const schemas = [{ id: 'p', name: 'public' }];
  return { schemas, extensions: [], relations: [], types: [], functions: [], privileges: [], ...given };
}
