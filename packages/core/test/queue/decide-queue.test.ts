import { expect, test } from 'vitest';
import { decideQueue } from '../../src/queue/decide-queue.ts';
import type { QueuePolicy, QueueProcessFacts, QueueServerFacts } from '../../src/queue/queue-facts.ts';
import { firstQueueRecord, type QueueRecord } from '../../src/queue/queue-record.ts';

const now = 100_000;
const policy: QueuePolicy = {
  copies: 2,
  whenCopyLost: 'degrade',
  silentMs: 2000,
  frozenMs: 6000,
  patienceMs: 10_000,
};
const record: QueueRecord = { term: 3, primary: 'w-1', primaryRun: 'p', replicaRun: 'r', inSync: true };

const process = (facts: Partial<QueueProcessFacts>): QueueProcessFacts => ({
  run: 'p',
  loading: false,
  role: 'primary',
  fenced: false,
  follows: null,
  linked: false,
  syncing: false,
  settled: true,
  confirming: true,
  term: 3,
  copies: 2,
  ...facts,
});
const up = (zone: string, facts: Partial<QueueProcessFacts> = {}): QueueServerFacts => ({
  zone,
  contact: 'answers',
  since: now,
  unit: 'running',
  process: process(facts),
});
const out = (zone: string, facts: Partial<QueueServerFacts> = {}): QueueServerFacts => ({
  zone,
  contact: 'refused',
  since: now,
  unit: 'down',
  process: null,
  ...facts,
});
const replica = (facts: Partial<QueueProcessFacts> = {}) =>
  up('w-2', { run: 'r', role: 'replica', follows: 'w-1', linked: true, confirming: false, ...facts });
const restarted = { role: 'primary', fenced: true, confirming: false } as const;

const decide = (
  servers: [QueueServerFacts, QueueServerFacts],
  options: { record?: QueueRecord; policy?: Partial<QueuePolicy> } = {},
) => decideQueue(options.record ?? record, servers, { policy: { ...policy, ...options.policy }, now });
const types = (...args: Parameters<typeof decide>) => decide(...args).actions.map(({ type }) => type);

test('a serving pair in sync is left alone', () => {
  expect(decide([up('w-1'), replica()])).toEqual({ actions: [], state: 'healthy' });
});

test('a dead primary is replaced by its full copy at once, and the record comes first', () => {
  const { actions } = decide([out('w-1'), replica({ linked: false })]);
  expect(actions).toEqual([
    {
      type: 'commit',
      record: { term: 4, primary: 'w-2', primaryRun: 'r', replicaRun: null, inSync: false },
      event: 'promoted',
    },
    { type: 'unfence', zone: 'w-2', term: 4, copies: 1 },
  ]);
});

test('without a full copy a dead primary is waited for', () => {
  const alone = { ...record, inSync: false, replicaRun: null };
  expect(decide([out('w-1'), replica({ linked: false })], { record: alone })).toMatchObject({
    actions: [],
    state: 'unhealthy',
  });
  const back = up('w-1', { ...restarted, run: 'p2' });
  expect(types([back, replica({ linked: false })], { record: alone })).toEqual(['commit', 'unfence']);
});

test('a primary that does not answer is killed before its copy is promoted', () => {
  const silent = (ms: number, unit: QueueServerFacts['unit']) =>
    out('w-1', { contact: 'silent', since: now - ms, unit });
  expect(types([silent(1000, 'running'), replica()])).toEqual([]);
  expect(types([silent(2000, 'running'), replica()])).toEqual(['kill']);
  expect(types([silent(2000, 'down'), replica()])).toEqual(['commit', 'unfence']);
  expect(types([silent(3000, 'unknown'), replica()])).toEqual([]);
  expect(types([silent(10_000, 'unknown'), replica()])).toEqual(['commit', 'unfence']);
});

test('a copy that was restarted too is trusted only when the primary stays away', () => {
  const copy = up('w-2', { ...restarted, run: 'r2' });
  expect(types([out('w-1', { since: now - 9000 }), copy])).toEqual([]);
  expect(types([out('w-1', { since: now - 10_000 }), copy])).toEqual(['commit', 'unfence']);
  expect(
    types([out('w-1', { since: now - 60_000 }), { ...copy, process: process({ run: 'x', term: 2 }) }]),
  ).toEqual(['kill']);
});

test('a primary whose disk was emptied does not overwrite the copy', () => {
  const empty = up('w-1', { ...restarted, run: 'p2', term: 0, copies: null });
  expect(decide([empty, out('w-2', { since: 0 })]).actions).toEqual([]);
  expect(decide([empty, up('w-2', { ...restarted, run: 'r2' })]).actions[0]).toMatchObject({
    type: 'commit',
    record: { primary: 'w-2', term: 4 },
  });
});

test('a lost copy is committed before one copy is enough', () => {
  expect(decide([up('w-1', { confirming: false }), out('w-2')]).actions).toEqual([
    { type: 'commit', record: { ...record, inSync: false, replicaRun: null }, event: 'copy-lost' },
    { type: 'setCopies', zone: 'w-1', copies: 1 },
  ]);
  const refuse = decide([up('w-1', { confirming: false }), out('w-2')], {
    policy: { whenCopyLost: 'refuse' },
  });
  expect(refuse).toMatchObject({ actions: [], state: 'unhealthy' });
});

test('a restarted copy is made to follow only after the record says that it is none', () => {
  const back = up('w-2', { ...restarted, run: 'r2' });
  for (const whenCopyLost of ['degrade', 'refuse'] as const) {
    const order = types([up('w-1', { confirming: false }), back], { policy: { whenCopyLost } });
    expect(order.indexOf('commit')).toBe(0);
    expect(order.at(-1)).toBe('follow');
  }
});

test('a copy counts again when it confirmed and its own file is whole', () => {
  const alone = { ...record, inSync: false, replicaRun: null };
  const serving = up('w-1', { copies: 1 });
  expect(types([serving, replica({ settled: false })], { record: alone })).toEqual([]);
  expect(types([serving, replica({ linked: false })], { record: alone })).toEqual([]);
  expect(decide([serving, replica()], { record: alone }).actions).toEqual([
    { type: 'confirmCopy', zone: 'w-1', record: { ...record }, event: 'copy-confirmed' },
  ]);
});

test('a frozen process that is needed, and one that serves beside the record, are killed', () => {
  const frozen = (zone: string) => out(zone, { contact: 'silent', since: now - 7000, unit: 'running' });
  const alone = { ...record, inSync: false, replicaRun: null };
  expect(types([frozen('w-1'), out('w-2')], { record: alone })).toEqual(['kill']);
  expect(types([up('w-1', { copies: 1 }), frozen('w-2')], { record: alone })).toEqual(['kill']);
  expect(types([up('w-1', { copies: 1 }), up('w-2', { run: 'x' })], { record: alone })).toEqual(['kill']);
  expect(types([up('w-1', { copies: 1 }), out('w-2', { unit: 'stopped' })], { record: alone })).toEqual([
    'start',
  ]);
});

test('a durability of one copy never promotes and never asks for two', () => {
  const one = { copies: 1 } as const;
  const alone = { ...record, inSync: false, replicaRun: null };
  expect(types([up('w-1'), replica()], { policy: one })).toEqual(['commit', 'setCopies']);
  expect(decide([up('w-1', { copies: 1 }), replica()], { record: alone, policy: one }).state).toBe('healthy');
  expect(types([out('w-1'), replica()], { record: alone, policy: one })).toEqual([]);
});

test('the first primary is the server that has seen the highest term, once both have answered', () => {
  const first = firstQueueRecord('w-1');
  const fresh = (zone: string, term: number) => up(zone, { ...restarted, run: zone, term });
  expect(types([fresh('w-1', 0), out('w-2')], { record: first })).toEqual([]);
  expect(decide([fresh('w-1', 0), fresh('w-2', 0)], { record: first }).actions[0]).toMatchObject({
    record: { primary: 'w-1', term: 1 },
  });
  expect(decide([fresh('w-1', 4), fresh('w-2', 7)], { record: first }).actions[0]).toMatchObject({
    record: { primary: 'w-2', term: 8 },
  });
  expect(
    decide([out('w-1', { since: now - 10_000 }), fresh('w-2', 0)], { record: first }).actions[0],
  ).toMatchObject({
    record: { primary: 'w-2' },
  });
});
