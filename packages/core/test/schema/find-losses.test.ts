import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Catalogue, CatalogueRelation } from '../../src/schema/catalogue.ts';
import { findCosts } from '../../src/schema/find-costs.ts';
import { findEmptied } from '../../src/schema/find-emptied.ts';
import { findLosses } from '../../src/schema/find-losses.ts';
import { catalogue, column, constraint, index, table } from './schema-world.ts';

/** What is lost between two shapes of one table. The real catalogues of a real server are compared in the control plane's tests. */
const between = (before: Partial<CatalogueRelation>, after: Partial<CatalogueRelation>) =>
  findLosses(catalogue({ relations: [table('t', before)] }), catalogue({ relations: [table('t', after)] }));
const ab = [column('a'), column('b')];

test('what hangs on a column that is gone is not told once more', () => {
  const keys = {
    constraints: [constraint({ name: 'one_a' })],
    indexes: [index({}), index({ name: 'by_sum', columns: [null], definition: '... ((a + b))' })],
  };
  expect(between({ columns: ab, ...keys }, { columns: [column('x'), column('b')] })).toEqual([
    'column t.a is renamed to t.x',
  ]);
  const left = { ...table('t', { columns: ab }), columns: [{ ...column('b'), number: 2 }] };
  const relations = [table('t', { columns: ab, ...keys })];
  expect(findLosses(catalogue({ relations }), catalogue({ relations: [left] }))).toEqual([
    'column t.a is gone',
  ]);
});

test('a widened column hides neither the loss of its keys nor new rules over it', () => {
  const wider = [column('a', { type: 'bigint' }), column('b')];
  const one = constraint({ name: 'one_a' });
  expect(between({ columns: ab, constraints: [one] }, { columns: wider, constraints: [one] })).toEqual([]);
  expect(between({ columns: ab, constraints: [one] }, { columns: wider })).toEqual([
    'unique one_a on t is gone',
  ]);

  const check = (definition: string) => constraint({ name: 'few', kind: 'check', definition });
  const cast = [check('CHECK (((a)::text <> ALL (b)))')];
  const texts = { columns: wider, constraints: [check('CHECK ((a <> ALL (b)))')] };
  expect(between({ columns: ab, constraints: cast }, texts)).toEqual([]);
  expect(between({ columns: ab, constraints: [check('CHECK ((a > 0))')] }, texts)).toEqual([
    'check few on t is new: CHECK ((a <> ALL (b)))',
  ]);
});

test('uniqueness that was there before is not new under another name', () => {
  const unique = index({
    name: 'a_once',
    isUnique: true,
    definition: 'CREATE UNIQUE INDEX ON t USING btree (a)',
  });
  const promoted = {
    columns: ab,
    indexes: [{ ...unique, name: 'one', isOfConstraint: true }],
    constraints: [constraint({ name: 'one' })],
  };
  expect(between({ columns: ab, indexes: [unique] }, promoted)).toEqual([]);
  const both = constraint({ name: 'two', definition: 'UNIQUE (a, b)', columns: ['a', 'b'] });
  const wide = { columns: ab, indexes: [unique], constraints: [both] };
  expect(between({ columns: ab, indexes: [unique] }, wide)).toEqual([]);
  expect(between({ columns: ab }, wide)).toHaveLength(2);
  const strict = { ...both, isNullsDistinct: false };
  expect(between({ columns: ab, indexes: [unique] }, { ...wide, constraints: [strict] })).toHaveLength(1);
});

test('a unique key over a new column is harmless only when rows that do not know it differ', () => {
  const key = (given: Parameters<typeof column>[1], isNullsDistinct = true) =>
    between(
      { columns: ab },
      {
        columns: [...ab, column('c', given)],
        constraints: [constraint({ columns: ['a', 'c'], definition: 'UNIQUE (a, c)', isNullsDistinct })],
      },
    );
  expect(key({})).toEqual([]);
  expect(key({ default: 'gen_random_uuid()', variesByRow: true, isNotNull: true })).toEqual([]);
  expect(key({}, false)).toHaveLength(1);
  expect(key({ default: '0' })).toHaveLength(1);
});

test('an invalid index is no loss, and does not stand in for one that is gone', () => {
  const broken = index({ isValid: false });
  expect(between({ columns: ab, indexes: [broken] }, { columns: ab })).toEqual([]);
  expect(between({ columns: ab, indexes: [index({})] }, { columns: ab, indexes: [broken] })).toEqual([
    'index by_a on t is gone',
  ]);
});

test('the rest of what a table is', () => {
  expect(between({}, { kind: 'view' })).toEqual(['table t is a view now']);
  expect(between({}, { isDurable: false })).toEqual(['table t does not survive a crash any more']);
  expect(between({}, { hasRules: true })).toEqual(['table t has a rule now']);
  expect(between({ parent: 'all' }, {})).toEqual(['table t is no part of all any more']);
  expect(between({}, { parent: 'all' })).toEqual(['table t is a part of all now and takes only its rows']);
  const trigger = { id: '1', name: 'touched', isEnabled: true };
  expect(between({ triggers: [trigger] }, { triggers: [{ ...trigger, isEnabled: false }] })).toEqual([
    'trigger touched on t is switched off',
  ]);
  const identity = (kind: 'always' | 'by default' | null) => ({ columns: [column('a', { identity: kind })] });
  expect(between(identity('by default'), identity('always'))).toEqual([
    "column t.a takes no value of a client's own any more",
  ]);
  expect(between(identity('always'), identity(null))).toEqual(['column t.a has no default any more']);
});

test('an emptied table is told from one that was written anew for its new column', () => {
  const [was, same] = [{ columns: ab }, { columns: ab, file: '2' }].map((given) =>
    catalogue({ relations: [table('t', given)] }),
  ) as [Catalogue, Catalogue];
  const grown = catalogue({ relations: [table('t', { columns: [...ab, column('c')], file: '2' })] });
  expect(findEmptied(was, was, same)).toEqual(['table t is emptied or written anew']);
  expect(findEmptied(was, was, grown)).toEqual([]);
  expect(findEmptied(catalogue(), was, same)).toEqual([]);
});

test('only a big table makes anybody wait', () => {
  const before = catalogue({ relations: [table('t', { columns: ab })] });
  const after = catalogue({ relations: [table('t', { columns: ab, indexes: [index({})] })] });
  const costs = (bytes: number, isAlone = false) =>
    findCosts({ before, after, sizes: new Map([['t', bytes]]), isAlone });
  const text = (size: string) => [`builds index by_a while writes wait, on t (over ${size})`];
  expect(costs(60_000_000)).toEqual(text('50 MB'));
  expect(costs(700_000_000)).toEqual(text('100 MB'));
  expect(costs(25_000_000_000)).toEqual(text('10 GB'));
  expect(costs(60_000_000, true)).toEqual([]);
  expect(costs(40_000_000)).toEqual([]);
});

const columns = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    type: fc.constantFrom('integer', 'text', 'numeric(10,2)'),
    isNotNull: fc.boolean(),
    default: fc.constantFrom(null, '0'),
  }),
  { selector: ({ name }) => name },
);
const relations = fc
  .uniqueArray(fc.record({ name: fc.constantFrom('t', 'u', 'v'), columns, indexed: fc.boolean() }), {
    selector: ({ name }) => name,
  })
  .map((tables) =>
    tables.map(({ name, columns: own, indexed }) =>
      table(name, {
        columns: own.map((each) => column(each.name, each)),
        indexes: indexed ? [index({})] : [],
      }),
    ),
  );

test('nothing is lost where nothing changed, or where tables and columns with defaults were added', () => {
  fc.assert(
    fc.property(relations, relations, (before, others) => {
      const was = catalogue({ relations: before });
      expect(findLosses(was, was)).toEqual([]);
      const extra = column('extra', { isNotNull: true, default: '0', number: 99 });
      const grown = before.map((each) => ({ ...each, columns: [...each.columns, extra] }));
      const fresh = others.filter(({ name }) => !before.some((each) => each.name === name));
      expect(findLosses(was, catalogue({ relations: [...grown, ...fresh] }))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('whatever table or column is taken away is named', () => {
  fc.assert(
    fc.property(relations, fc.nat(), fc.nat(), (before, which, what) => {
      const victim = before[which % Math.max(1, before.length)];
      if (victim === undefined) return;
      const others = before.filter((each) => each !== victim);
      const was = catalogue({ relations: before });
      expect(findLosses(was, catalogue({ relations: others }))).toEqual([`table ${victim.name} is gone`]);
      const dropped = victim.columns[what % Math.max(1, victim.columns.length)];
      if (dropped === undefined) return;
      const left = { ...victim, columns: victim.columns.filter((each) => each !== dropped) };
      expect(findLosses(was, catalogue({ relations: [...others, left] }))).toContain(
        `column ${victim.name}.${dropped.name} is gone`,
      );
    }),
    { numRuns: 300 },
  );
});
