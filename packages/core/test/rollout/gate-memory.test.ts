import { describe, expect, test } from 'vitest';
import type { GateFacts, SeenStamp, SeenUnit, SignalReading } from '../../src/rollout/gate-facts.ts';
import { listWanted } from '../../src/rollout/gate-asking.ts';
import { enterStep, firstGateMemory, type GateMemory, noteFacts } from '../../src/rollout/gate-memory.ts';
import type { GateSignalRule } from '../../src/rollout/gate-rules.ts';
import { toGateEvidence } from '../../src/rollout/to-gate-evidence.ts';
import { cellsOf, causeOf, flowOf, observationAt, requestsOf, rules } from './gate-world.ts';

const seen = (id: string, side: SeenStamp['side'], change: Partial<SeenStamp> = {}): SeenStamp => {
  return { id, side, region: 'west', zone: 'west-1', isReachable: true, isReady: true, ...change };
};
const stamps = [seen('new', 'candidate'), seen('old', 'live')];
const unit = (side: SeenUnit['side'], restarts: number, memoryBytes: number | null = null): SeenUnit => {
  const stamp = side === 'candidate' ? 'new' : 'old';
  return {
    id: `${stamp}-api`,
    component: 'api',
    stamp,
    zone: 'west-1',
    side,
    restarts,
    isReady: true,
    memoryBytes,
  };
};
const orders: GateSignalRule = {
  name: 'orders',
  component: 'api',
  metric: 'orders_total',
  expect: 'not-lower',
  tolerance: 0.5,
  flows: ['list'],
};

function factsAt(now: number, change: Partial<GateFacts> = {}): GateFacts {
  const told = observationAt(now, 'west', ['new', 'old']);
  return {
    now,
    stamps,
    observations: [told],
    units: [],
    queues: [],
    cause: causeOf('none'),
    readings: [],
    answers: [],
    ...change,
  };
}

const context = { release: 'abc', signals: [orders], regions: ['west'] };
const enter = (memory: GateMemory, parts: string, now: number) =>
  enterStep(memory, { parts, rules: { signals: [orders], warmUpMs: 0 }, now });
const note = (memory: GateMemory, facts: GateFacts): GateMemory =>
  JSON.parse(JSON.stringify(noteFacts(memory, facts, [orders])));

describe('a step', () => {
  test('begins with other parts, and keeps what the live release had in the one before', () => {
    const first = note(enter(firstGateMemory('r', 0), '{"west":0}', 0), factsAt(30_000));
    const long = note(note(first, factsAt(56_000)), factsAt(60_000));
    expect(enter(long, '{"west":0}', 61_000)).toBe(long);
    const second = enter(long, '{"west":0.5}', 61_000);
    expect(second.counts).toMatchObject({ since: 61_000, cells: [] });
    expect(second.before).toMatchObject([{ side: 'live', good: 60 }]);
    // With nothing of it in the next step, what was known stays.
    const all = {
      ...second,
      counts: { ...second.counts, cells: cellsOf(requestsOf('candidate', { good: 90 })) },
    };
    expect(enter(all, '{"west":1}', 90_000).before).toMatchObject([{ side: 'live', good: 60 }]);
  });

  test('begins to count restarts anew; the most that live units held stays', () => {
    const all = (restarts: number, own: number, usual: number) => ({
      units: [unit('candidate', restarts, own), unit('live', restarts, usual)],
    });
    const first = note(enter(firstGateMemory('r', 0), 'a', 0), factsAt(2000, all(3, 10, 50)));
    const facts = factsAt(4000, all(5, 40, 20));
    const second = note(first, facts);
    expect(toGateEvidence(second, facts, context).units).toMatchObject([
      { side: 'candidate', restarts: 2, memoryBytes: 40 },
      { side: 'live', restarts: 2, memoryBytes: 50 },
    ]);
    const later = note(enter(second, 'b', 5000), factsAt(6000, all(5, 40, 20)));
    expect(toGateEvidence(later, facts, context).units).toMatchObject([
      { restarts: 0 },
      { restarts: 0, memoryBytes: 50 },
    ]);
  });
});

test('time in which nobody looked is told', () => {
  const first = note(enter(firstGateMemory('r', 0), 'a', 0), factsAt(4000));
  expect(note(first, factsAt(9000)).awayMs).toBe(0);
  const back = note(first, factsAt(64_000));
  expect(back.awayMs).toBe(60_000);
  expect(back.counts.gapMs).toBe(30_000);
});

test('queues are looked at once for each time that their age was measured', () => {
  const queue = (at: number, oldestAgeMs: number) => ({
    queues: [{ region: 'west', look: { at, oldestAgeMs, depth: 1 } }],
  });
  let memory = enter(firstGateMemory('r', 0), 'a', 0);
  for (const [now, at] of [
    [1000, 1000],
    [2000, 1000],
    [6000, 5500],
    [7000, 5500],
  ] as const)
    memory = note(memory, factsAt(now, queue(at, at / 10)));
  expect(memory.queues['west']).toEqual({
    before: { at: 1000, oldestAgeMs: 100, depth: 1 },
    looks: [{ at: 5500, oldestAgeMs: 550, depth: 1 }],
  });
  for (let n = 0; n < 20; n += 1) memory = note(memory, factsAt(8000 + n, queue(8000 + n, 0)));
  expect(memory.queues['west']?.looks).toHaveLength(6);
});

test('a candidate is unready since it was seen so, and its zone is well when a live stamp there is', () => {
  const away = [seen('new', 'candidate', { isReady: false }), seen('old', 'live')];
  const first = note(firstGateMemory('r', 0), factsAt(1000, { stamps: away }));
  const facts = factsAt(9000, { stamps: away });
  expect(toGateEvidence(note(first, facts), facts, context).unready).toEqual([
    { stamp: 'new', forMs: 8000, isZoneWell: true },
  ]);
  const dead = factsAt(9000, { stamps: away.map((stamp) => ({ ...stamp, isReady: false })) });
  expect(toGateEvidence(note(first, dead), dead, context).unready[0]?.isZoneWell).toBe(false);
  expect(note(first, factsAt(9000)).unreadySince).toEqual({});
});

test('a region of which its observer tells nothing is unseen', () => {
  const both = { ...context, regions: ['west', 'east'] };
  const memory = note(firstGateMemory('r', 0), factsAt(30_000));
  expect(toGateEvidence(memory, factsAt(30_000), both).unseen).toEqual(['east']);
  expect(toGateEvidence(memory, factsAt(51_000), both).unseen).toEqual(['west', 'east']);
});

describe('a signal', () => {
  const reading = (stamp: 'new' | 'old', at: number, count: number): SignalReading => {
    return { stamp, component: 'api', at, values: { orders_total: count }, requests: null };
  };
  const counting = (requests: number, told: SignalReading): SignalReading => ({ ...told, requests });
  const evidenceOf = (memory: GateMemory, change: Partial<GateFacts> = {}) =>
    toGateEvidence(memory, factsAt(60_000, change), context).signals[0];

  test('counts from the first reading of the step, and on through a restart', () => {
    let memory = enter(firstGateMemory('r', 0), 'a', 10_000);
    const readings = [
      [reading('new', 9000, 1), reading('old', 9000, 1)],
      [counting(1000, reading('new', 11_000, 100)), reading('old', 11_000, 50)],
      [counting(1000, reading('new', 11_000, 100)), reading('old', 11_000, 50)],
      [counting(1300, reading('new', 16_000, 120)), reading('old', 16_000, 57)],
      // It began anew.
      [counting(40, reading('new', 21_000, 4)), reading('old', 21_000, 60)],
    ];
    for (const [n, told] of readings.entries())
      memory = note(memory, factsAt(12_000 + n, { readings: told }));
    expect(evidenceOf(memory)).toEqual({
      name: 'orders',
      candidate: { count: 24, requests: 340 },
      live: { count: 10, requests: null },
      before: null,
    });
    const next = enter(memory, 'b', 30_000);
    expect(next.tallies).toEqual({});
  });

  test('is told only when every stamp that can be reached was read', () => {
    const memory = note(
      enter(firstGateMemory('r', 0), 'a', 0),
      factsAt(2000, { readings: [reading('new', 1000, 1)] }),
    );
    expect(evidenceOf(memory)).toBeUndefined();
    const dead = [seen('new', 'candidate'), seen('old', 'live', { isReachable: false })];
    expect(evidenceOf(memory, { stamps: dead })).toMatchObject({ live: { count: 0, requests: null } });
  });

  test('keeps what the live release had for when it has none any more', () => {
    let memory = enter(firstGateMemory('r', 0), 'a', 0);
    memory = note(memory, factsAt(1000, { readings: [reading('old', 1000, 10)] }));
    for (const at of [30_000, 60_000])
      memory = note(memory, factsAt(at, { readings: [reading('old', at, at)] }));
    expect(enter(memory, 'b', 61_000).signalsBefore).toEqual({
      orders: { count: 59_990, requests: null, users: 60 },
    });
  });
});

describe('what to ask ourselves', () => {
  const wantedOf = (
    users: number,
    change: { now?: number; ours?: number; flows?: readonly string[] } = {},
  ) => {
    const { now = 15_000, ours = 0, flows = ['list', 'view'] } = change;
    const cells = flows.flatMap((flow) => cellsOf(requestsOf('candidate', { flow, good: users })));
    const synthetic = flows.flatMap((flow) => cellsOf(requestsOf('candidate', { flow, good: ours })));
    const counts = { ...firstGateMemory('r', 0).counts, cells };
    return listWanted({ counts, synthetic }, rules, { now, bakeMs: 30_000 }).map(({ name }) => name);
  };

  test('is nothing while users send enough, or may still', () => {
    expect(wantedOf(13)).toEqual([]);
    expect(wantedOf(0, { now: 5000 })).toEqual([]);
  });

  test('is first what was not seen, then everything until it is enough', () => {
    expect(wantedOf(12)).toEqual(['list', 'view']);
    expect(wantedOf(100, { flows: ['list'] })).toEqual(['view']);
    expect(wantedOf(0, { ours: 4 })).toEqual(['list', 'view']);
    expect(wantedOf(0, { ours: 25, now: 60_000 })).toEqual([]);
  });

  test('is only what has a safe request', () => {
    const bare = { ...rules, flows: [{ ...flowOf('list'), probePath: null }, flowOf('view', false)] };
    const { counts } = firstGateMemory('r', 0);
    const wanted = listWanted({ counts, synthetic: [] }, bare, { now: 30_000, bakeMs: 0 });
    expect(wanted.map(({ name }) => name)).toEqual(['view']);
  });
});
