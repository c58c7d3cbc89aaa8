import { addRelease, firstEstate, setLive } from '@alwayson/core/estate/estate-record.ts';
import { enter, undo } from '@alwayson/core/rollout/rollout-moves.ts';
import { beginRollout } from '@alwayson/core/rollout/rollout-state.ts';
import { expect, test } from 'vitest';
import { toEstate } from '../../src/rollout/rollout-estate.ts';

const zones = ['west-1', 'west-2'];
const from = 'a'.repeat(64);
const release = 'b'.repeat(64);
const program = {
  id: 'deploy-1',
  kind: 'deploy',
  release,
  version: '2',
  from,
  fromVersion: '1',
  steps: [{ parts: { west: 1 }, bakeSeconds: 1 }],
  contract: [],
  expectedSeconds: 10,
  placeMs: 1000,
  requestMs: 1000,
  holdMs: 1000,
} as const;
const start = setLive(addRelease(firstEstate, from, zones), from);
const stands = (estate: typeof start) => [...new Set(estate.stamps.map((stamp) => stamp.release))];

test('the estate follows the rollout, and the same look again changes nothing', () => {
  let state = beginRollout(program, 0);
  let estate = start;
  const seen: string[] = [];
  for (const phase of ['migrate', 'place', 'smoke', 'bake', 'settle', 'drain', 'remove'] as const) {
    state = enter(state, phase, 0);
    const next = toEstate(estate, state, { zones, isDrained: true });
    expect(toEstate(next, state, { zones, isDrained: true })).toEqual(next);
    estate = next;
    seen.push(
      `${phase}: ${estate.live[0]} of ${stands(estate)
        .map((digest) => digest[0])
        .join()}`,
    );
  }
  expect(seen).toEqual([
    'migrate: a of a',
    'place: a of a,b',
    'smoke: a of a,b',
    'bake: a of a,b',
    'settle: b of a,b',
    'drain: b of a,b',
    'remove: b of b',
  ]);
});

test('zones have their turn one after the other', () => {
  const state = enter(beginRollout(program, 0), 'place', 0);
  const first = toEstate(start, state, { zones: ['west-1'], isDrained: false });
  expect(first.stamps.filter((stamp) => stamp.release === release).map(({ zone }) => zone)).toEqual([
    'west-1',
  ]);
  const second = toEstate(first, state, { zones, isDrained: false });
  expect(second.stamps.filter((stamp) => stamp.release === release)).toHaveLength(2);
});

test('undone after it was live, the release before is live again, and its stamps go when they are drained', () => {
  let state = enter(enter(beginRollout(program, 0), 'place', 0), 'settle', 0);
  const settled = toEstate(start, enter(state, 'place', 0), { zones, isDrained: false });
  const live = toEstate(settled, state, { zones, isDrained: false });
  expect(live.live).toBe(release);
  state = undo(state, 'not proven', 0);
  const back = toEstate(live, state, { zones, isDrained: false });
  expect(back.live).toBe(from);
  const withdrawn = enter(state, 'withdraw', 0);
  expect(stands(toEstate(back, withdrawn, { zones, isDrained: false }))).toContain(release);
  expect(stands(toEstate(back, withdrawn, { zones, isDrained: true }))).toEqual([from]);
});
