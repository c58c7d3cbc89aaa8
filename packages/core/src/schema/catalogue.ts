/**
 * What a database's catalogue says that a client may rely on. Names are as a client writes them: with their schema, unless that
 * is `public`. Ids tell what was renamed from what was made anew; they mean something within one database only.
 */
export interface Catalogue {
  schemas: readonly { id: string; name: string }[];
  extensions: readonly string[];
  relations: readonly CatalogueRelation[];
  types: readonly CatalogueType[];
  functions: readonly CatalogueFunction[];
  privileges: readonly CataloguePrivilege[];
}

export interface CatalogueRelation {
  id: string;
  name: string;
  schema: string;
  kind: 'table' | 'view' | 'materialised view' | 'sequence' | 'foreign table' | 'composite type';
  /** Its rows survive a crash of the server, and are on the standbys. */
  isDurable: boolean;
  hasRowSecurity: boolean;
  hasRules: boolean;
  /** Of INSERT, UPDATE and DELETE, those that it takes. */
  takes: readonly string[];
  /** What it is a partition of, or inherits from. */
  parent: string | null;
  /** Of its rows: another one when they were written anew; null when it has none. */
  file: string | null;
  columns: readonly CatalogueColumn[];
  constraints: readonly CatalogueConstraint[];
  indexes: readonly CatalogueIndex[];
  triggers: readonly { id: string; name: string; isEnabled: boolean }[];
}

export interface CatalogueColumn {
  number: number;
  name: string;
  /** As the server writes it, with modifiers and a collation other than the type's own. */
  type: string;
  /** Of the type with its modifiers: the type's name may have changed alone. */
  typeId: string;
  isNotNull: boolean;
  /** The expression of its default; null without one. */
  default: string | null;
  /** `always`: a value of a client's own is refused. */
  identity: 'always' | 'by default' | null;
  isComputed: boolean;
  /** Every row that does not name the column gets another value. Known of columns that are new. */
  variesByRow: boolean;
}

export interface CatalogueConstraint {
  name: string;
  kind: 'check' | 'unique' | 'primary key' | 'foreign key' | 'exclusion';
  /** As the server writes it, without its name, and without NOT VALID. */
  definition: string;
  columns: readonly string[];
  /** The table that a foreign key leads to. */
  references: string | null;
  /** A foreign key that refuses deletions over there. */
  refusesDeletion: boolean;
  isNullsDistinct: boolean;
  /** A check that passes for a row that names none of its columns. Known of checks that are new. */
  holdsByDefault: boolean;
}

export interface CatalogueIndex {
  name: string;
  /** As the server writes it, without its name. */
  definition: string;
  isUnique: boolean;
  isValid: boolean;
  /** Its keys; null where one is an expression. */
  columns: readonly (string | null)[];
  isNullsDistinct: boolean;
  /** It is the index of a constraint. */
  isOfConstraint: boolean;
}

export interface CatalogueType {
  id: string;
  name: string;
  schema: string;
  kind: 'enum' | 'domain' | 'range';
  labels: readonly { id: string; name: string }[];
  /** Of a domain. */
  base: string | null;
  isNotNull: boolean;
  checks: readonly string[];
}

export interface CatalogueFunction {
  id: string;
  /** With the types of its arguments. */
  name: string;
  schema: string;
  result: string;
  /** How many arguments may be left out. */
  defaults: number;
}

export interface CataloguePrivilege {
  /** `table item`, `column item.price`, `schema catalog`, `function sum_of(integer)`, `type mood`. */
  object: string;
  /** A role, or `everyone`. */
  grantee: string;
  privilege: string;
}
