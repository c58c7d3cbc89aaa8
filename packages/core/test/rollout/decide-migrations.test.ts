import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decideMigrations,
  isContract,
  type MigrationFile,
  type MigrationsQuestion,
} from '../../src/rollout/decide-migrations.ts';

const file = (name: string, checksum = `of ${name}`): MigrationFile => ({ name, checksum });
const [base, add, drop] = [
  file('001_base.sql'),
  file('002_add-price.sql'),
  file('003_contract_drop-cost.sql'),
];
const before = { version: '1.0', files: [base] };

test('what only adds runs first; what removes waits for the release that does not know it', () => {
  expect(decideMigrations({ candidate: [drop, add, base], others: [before], applied: [base] })).toEqual({
    expand: ['002_add-price.sql'],
    contract: [],
    waiting: [{ name: '003_contract_drop-cost.sql', neededBy: '1.0' }],
    faults: [],
  });
});

test('what removes runs once every release that may still run carries the same file', () => {
  const knowing = { version: '1.1', files: [base, add, drop] };
  const question = { candidate: [base, add, drop], applied: [base, add] };
  expect(decideMigrations({ ...question, others: [knowing] })).toMatchObject({
    expand: [],
    contract: ['003_contract_drop-cost.sql'],
    waiting: [],
  });
  const former = { version: '1.0', files: [base, add] };
  expect(decideMigrations({ ...question, others: [knowing, former] })).toMatchObject({
    contract: [],
    waiting: [{ name: '003_contract_drop-cost.sql', neededBy: '1.0' }],
  });
  const edited = { version: '1.0', files: [base, add, file(drop.name, 'other text')] };
  expect(decideMigrations({ ...question, others: [edited] })).toMatchObject({
    contract: [],
    waiting: [{ neededBy: '1.0' }],
  });
});

test('on a fresh database everything runs in order, also when its first run was interrupted', () => {
  const later = file('004_add-index.sql');
  const candidate = [later, drop, add, base];
  const all = [base.name, add.name, drop.name, later.name];
  expect(decideMigrations({ candidate, others: [before], applied: [] })).toMatchObject({
    expand: all,
    contract: [],
    waiting: [],
  });
  expect(decideMigrations({ candidate, others: [], applied: [base], isFresh: true }).expand).toEqual(
    all.slice(1),
  );
});

test('a file that ran and reads differently now is a fault, and so is going back behind what was removed', () => {
  const edited = { candidate: [file(base.name, 'edited')], others: [], applied: [base] };
  expect(decideMigrations(edited).faults).toEqual(['001_base.sql was applied and reads differently now.']);
  const back = decideMigrations({ candidate: [base], others: [], applied: [base, add, drop] });
  expect(back.faults).toEqual([
    '003_contract_drop-cost.sql was applied, and this release does not carry it: it may need what the file removed.',
  ]);
});

test('going back to a release that knows fewer additions is no fault', () => {
  const question = { candidate: [base], others: [], applied: [base, add] };
  expect(decideMigrations(question)).toEqual({ expand: [], contract: [], waiting: [], faults: [] });
});

test('a name says contract only in its own place', () => {
  expect(['007_contract_drop.sql', '0007_contract_drop-it_all.sql'].map(isContract)).toEqual([true, true]);
  const others = [
    '007_contract.sql',
    '007_add_contract_table.sql',
    '007_contracts.sql',
    '7_contract_drop.sql',
  ];
  expect(others.map(isContract)).toEqual([false, false, false, false]);
});

const files = fc.uniqueArray(
  fc.record({
    name: fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.boolean())
      .map(([n, removes]) => `${String(n).padStart(3, '0')}_${removes ? 'contract_' : ''}x.sql`),
    checksum: fc.constantFrom('a', 'b'),
  }),
  { selector: ({ name }) => name, maxLength: 10 },
);
const questions = fc.record<MigrationsQuestion>({
  candidate: files,
  others: fc.array(fc.record({ version: fc.constantFrom('1', '2', '3'), files }), { maxLength: 3 }),
  applied: files,
});

test('every pending file has exactly one place, nothing that was applied has any, all in order', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const { expand, contract, waiting } = decideMigrations(question);
      const applied = new Set(question.applied.map(({ name }) => name));
      const pending = question.candidate.map(({ name }) => name).filter((name) => !applied.has(name));
      const placed = [...expand, ...contract, ...waiting.map(({ name }) => name)];
      expect(placed.toSorted()).toEqual(pending.toSorted());
      for (const list of [expand, contract]) expect(list).toEqual(list.toSorted());
    }),
  );
});

test('nothing is removed from under a release that was written without knowing', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const { candidate, others, applied } = question;
      const { expand, contract } = decideMigrations(question);
      if (applied.length > 0) expect(expand.filter(isContract)).toEqual([]);
      for (const name of contract) {
        const own = candidate.find((mine) => mine.name === name);
        for (const other of others) expect(other.files).toContainEqual(own);
      }
    }),
  );
});

test('once it all has run, the same release finds nothing to do and no fault', () => {
  fc.assert(
    fc.property(questions, ({ candidate }) => {
      const again = decideMigrations({ candidate, others: [], applied: candidate });
      expect(again).toEqual({ expand: [], contract: [], waiting: [], faults: [] });
    }),
  );
});
