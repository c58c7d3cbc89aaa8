import type { DatabaseObservation, MemberObservation } from '@alwayson/core/database/database-observation.ts';
import type { DatabasePolicy, DatabaseRecord } from '@alwayson/core/database/database-record.ts';
import { decideDatabase } from '@alwayson/core/database/decide-database.ts';
import { decideReads } from '@alwayson/core/database/decide-reads.ts';
import { chooseRejoinMethod } from '@alwayson/core/database/rejoin-method.ts';
import { expect, test } from 'vitest';

const zones = ['west-1', 'west-2', 'east-1', 'east-2'];
const members = zones.map((zone) => ({ id: `pg-${zone}`, zone, region: zone.slice(0, 4) }));
const policy: DatabasePolicy = { members, copy: 'degrade' };
const settled: DatabaseRecord = {
  epoch: 1,
  term: 3,
  writer: 'pg-west-1',
  previous: 'pg-west-2',
  sync: 'pg-west-2',
  waitFor: 'pg-west-2',
  initialised: true,
};

const standby: MemberObservation = {
  host: 'connected',
  process: 'ready',
  sql: 'answers',
  silences: 0,
  sinceAnswerMs: 50,
  answer: {
    inRecovery: true,
    timeline: 3,
    streamsFrom: 'pg-west-1',
    bootstrapped: true,
    replicas: {},
    slots: [],
  },
  data: { kind: 'unknown' },
  link: { attached: true, misses: 0, forMs: 60_000 },
  tries: { starts: 0, rejoins: 0 },
};
const replica = { streaming: true, sync: false, lagBytes: 0, replyAgeMs: 100, confirmMs: 2 };
const writer: MemberObservation = {
  ...standby,
  answer: {
    inRecovery: false,
    timeline: 3,
    streamsFrom: null,
    bootstrapped: true,
    replicas: { 'pg-west-2': { ...replica, sync: true }, 'pg-east-1': replica, 'pg-east-2': replica },
    slots: ['pg_west_2', 'pg_east_1', 'pg_east_2'].map((name) => ({ name, lost: false })),
  },
};
const exited: MemberObservation = { ...standby, process: 'exited', sql: 'refused', answer: null };
const goneZone: MemberObservation = { ...exited, host: 'refused', silences: 1 };

function observe(changes: Record<string, MemberObservation> = {}): DatabaseObservation {
  const usual = { 'pg-west-1': writer, 'pg-west-2': standby, 'pg-east-1': standby, 'pg-east-2': standby };
  return {
    watchedForMs: 60_000,
    writerSeen: true,
    provenSync: null,
    authority: { epoch: 1, writer: null, phase: 'steady' },
    members: { ...usual, ...changes },
  };
}

const decide = (observation: DatabaseObservation, record = settled, rules = policy) =>
  decideDatabase(record, observation, rules);

test('an estate that is as it should be needs nothing', () => {
  expect(decide(observe())).toEqual({ record: settled, actions: [] });
});

test('a dead writer is followed by its synchronous standby, in a new term', () => {
  for (const dead of [exited, goneZone, { ...writer, sql: 'silent' as const, silences: 3, answer: null }]) {
    expect(decide(observe({ 'pg-west-1': dead })).record).toEqual({
      ...settled,
      term: 4,
      writer: 'pg-west-2',
      previous: 'pg-west-1',
      sync: null,
      waitFor: null,
    });
  }
});

test('one failed probe, a host that is away alone, or a server that restarts is no failover', () => {
  const alive: MemberObservation[] = [
    { ...writer, sql: 'silent', silences: 1, sinceAnswerMs: 1500, answer: null },
    { ...writer, host: 'refused' },
    { ...writer, sql: 'starting', silences: 4, sinceAnswerMs: 4000, answer: null },
  ];
  for (const member of alive) expect(decide(observe({ 'pg-west-1': member })).record).toEqual(settled);
});

test('a standby that answered too long ago is asked again before it takes over', () => {
  const stale = { ...standby, sinceAnswerMs: 900 };
  const decision = decide(observe({ 'pg-west-1': exited, 'pg-west-2': stale }));
  expect(decision.record).toEqual(settled);
  expect(decision.actions).toContainEqual({ type: 'probe', member: 'pg-west-2' });
  expect(decision.actions).not.toContainEqual({ type: 'start', member: 'pg-west-1' });
});

test('without a synchronous standby a dead writer is started in its place, never replaced', () => {
  const alone = { ...settled, sync: null, waitFor: null };
  const stopped: MemberObservation = { ...exited, data: { kind: 'primary', timeline: 3 } };
  const decision = decide(observe({ 'pg-west-1': stopped }), alone);
  expect(decision).toEqual({ record: alone, actions: [{ type: 'start', member: 'pg-west-1' }] });
  expect(decide(observe({ 'pg-west-1': goneZone }), alone)).toEqual({ record: alone, actions: [] });
});

test('the whole region of the writer gone: nobody in the other region is promoted', () => {
  const decision = decide(observe({ 'pg-west-1': goneZone, 'pg-west-2': goneZone }));
  expect(decision).toEqual({ record: settled, actions: [] });
});

test('the copy is given up in the record, and only when the writer is there to go on', () => {
  expect(decide(observe({ 'pg-west-2': exited })).record).toEqual({ ...settled, sync: null, waitFor: null });
  expect(decide(observe({ 'pg-west-1': exited, 'pg-west-2': exited })).record).toEqual(settled);
  const refusing = decide(observe({ 'pg-west-2': exited }), settled, { ...policy, copy: 'refuse' });
  expect(refusing.record).toEqual(settled);
});

test('a standby of the other region is never waited for', () => {
  const alone = { ...settled, sync: null, waitFor: null };
  expect(decide(observe({ 'pg-west-2': exited }), alone).record).toEqual(alone);
  expect(decide(observe(), alone).record).toEqual({ ...alone, waitFor: 'pg-west-2' });
});

test('a standby counts as synchronous only once that was proven', () => {
  const waiting = { ...settled, sync: null };
  expect(decide(observe(), waiting)).toEqual({
    record: waiting,
    actions: [{ type: 'prove', member: 'pg-west-1', standby: 'pg-west-2' }],
  });
  expect(decide({ ...observe(), provenSync: 'pg-west-2' }, waiting).record).toEqual(settled);
});

test('a server that takes writes without being the writer is stopped', () => {
  const { actions } = decide(observe({ 'pg-east-1': writer }));
  expect(actions).toEqual([{ type: 'fence', member: 'pg-east-1', reason: 'stale' }]);
});

test('the first data is made once; an initialised environment with an empty folder is left for a person', () => {
  const empty: MemberObservation = { ...exited, data: { kind: 'absent' } };
  const first = { ...settled, term: 1, previous: null, sync: null, waitFor: null, initialised: false };
  expect(decide(observe({ 'pg-west-1': empty }), first).actions).toContainEqual({
    type: 'initialise',
    member: 'pg-west-1',
  });
  const later = { ...first, initialised: true };
  expect(decide(observe({ 'pg-west-1': empty }), later).actions).toEqual([]);
});

test('slots are on the writer, one for each other member, usable', () => {
  const missing = {
    ...writer,
    answer: writer.answer && { ...writer.answer, slots: [{ name: 'pg_west_2', lost: true }] },
  };
  expect(decide(observe({ 'pg-west-1': missing })).actions).toEqual([
    { type: 'slots', member: 'pg-west-1', followers: ['pg-west-2', 'pg-east-1', 'pg-east-2'] },
  ]);
});

test('a rewind is tried once, and only towards a newer timeline', () => {
  const data = { kind: 'primary', timeline: 2 } as const;
  expect(chooseRejoinMethod(data, { writerTimeline: 3, rejoins: 0 })).toBe('rewind');
  expect(chooseRejoinMethod(data, { writerTimeline: 3, rejoins: 1 })).toBe('rebuild');
  expect(chooseRejoinMethod(data, { writerTimeline: 2, rejoins: 0 })).toBe('rebuild');
  const follower = { kind: 'standby', timeline: 3 } as const;
  expect(chooseRejoinMethod(follower, { writerTimeline: 3, rejoins: 0 })).toBe('restart');
  expect(chooseRejoinMethod(follower, { writerTimeline: 3, rejoins: 1 })).toBe('rebuild');
  expect(chooseRejoinMethod({ kind: 'broken' }, { writerTimeline: 3, rejoins: 0 })).toBe('rebuild');
});

test('one that was repaired and still lets nobody in is repaired anew; one that replays after a crash is left to it', () => {
  const lost = { attached: false, misses: 9, forMs: 20_000 };
  const starting: MemberObservation = { ...standby, sql: 'starting', answer: null, link: lost };
  const repaired = { ...starting, tries: { starts: 1, rejoins: 1 } };
  expect(decide(observe({ 'pg-east-2': repaired })).actions).toEqual([
    { type: 'rejoin', member: 'pg-east-2' },
  ]);
  expect(decide(observe({ 'pg-east-2': starting })).actions).toEqual([]);
  const lately = { ...repaired, link: { ...lost, forMs: 10_000 } };
  expect(decide(observe({ 'pg-east-2': lately })).actions).toEqual([]);
});

test('reads go to the own standby, then to the own region, then to the writer', () => {
  const readsOf = (zone: string, changes: Record<string, MemberObservation> = {}) =>
    decideReads({ name: zone, region: zone.slice(0, 4) }, settled, { observation: observe(changes), policy });
  expect(zones.map((zone) => readsOf(zone))).toEqual(['pg-west-2', 'pg-west-2', 'pg-east-1', 'pg-east-2']);
  expect(readsOf('east-1', { 'pg-east-1': exited })).toBe('pg-east-2');
  const detached = { ...standby, link: { attached: false, misses: 2, forMs: 2000 } };
  expect(readsOf('east-1', { 'pg-east-1': exited, 'pg-east-2': detached })).toBe('pg-west-1');
});
