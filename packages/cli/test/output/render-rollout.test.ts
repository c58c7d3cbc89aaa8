import type { RolloutHold, RolloutReport } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { describeRolloutChange } from '../../src/output/describe-rollout-change.ts';
import { renderHistory } from '../../src/output/render-history.ts';
import { renderReleases } from '../../src/output/render-releases.ts';
import { renderRollout } from '../../src/output/render-rollout.ts';
import {
  createGate,
  createHistoryEntry,
  createRelease,
  createRollout,
  createSucceededRollout,
  createUndoneRollout,
  digestBefore,
  sampleNowMs,
} from '../support/sample-rollout.ts';

const plain = { paint: (_format: unknown, text: string) => text, sign: () => '?' };
const render = (report: RolloutReport, allChecks = false) =>
  renderRollout(report, plain, { nowMs: sampleNowMs, allChecks });
const hold: RolloutHold = {
  reason: 'not-enough-data',
  since: '2026-01-01T10:01:05.000Z',
  text: '4 of 50 requests',
};

test('a step that is looked at: what is waited for, times, parts, gates, and the way back', () => {
  expect(render(createRollout())).toBe(
    `
▶ Bring in 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0, for 95 s of about 4 min
  bake of step 2 of 3: waiting for 18 s of looking at it
  ./alwayson abort brings 1.3.0 back.
  ✔ prepare   12 s
  ✔ migrate   0.8 s
  ✔ place     3.1 s
  ✔ warm      2 s
  ✔ smoke     0.5 s
  ✔ step 1  west 5 %, east 5 %      shift 1.2 s, bake 30 s          pass (2 checks)
      ✔ success  list-items  0 of 310 failed, beside 0 of 5,890
      ✔ memory               api 80 MiB, beside 78 MiB
  ▶ step 2  west 25 %, east 25 %    shift 1.1 s, bake 12 s of 30 s
  ○ step 3  west 100 %, east 100 %  bake 30 s
  ○ then settle, drain, remove`.slice(1),
  );
});

test('a hold says why, since when and what to do; a contract is named as the point of no return', () => {
  const held = createRollout({
    state: 'held',
    hold,
    waitingFor: hold.text,
    gates: [],
    pointOfNoReturn: 'contract',
  });
  expect(render(held)).toBe(
    `
▶ Bring in 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0, for 95 s of about 4 min
  bake of step 2 of 3: the new release is compared with the old one
  HELD for 30 s, not enough data: 4 of 50 requests
    ./alwayson promote  goes on without it
    ./alwayson abort    goes back to 1.3.0
  ./alwayson abort brings 1.3.0 back. The point of no return is contract.
  ✔ prepare   12 s
  ✔ migrate   0.8 s
  ✔ place     3.1 s
  ✔ warm      2 s
  ✔ smoke     0.5 s
  ✔ step 1  west 5 %, east 5 %      shift 1.2 s, bake 30 s
  ▶ step 2  west 25 %, east 25 %    shift 1.1 s, bake 12 s of 30 s
  ○ step 3  west 100 %, east 100 %  bake 30 s
  ○ then settle, contract, drain, remove`.slice(1),
  );
});

test.each([
  ['paused', './alwayson resume'],
  ['confirm', './alwayson promote'],
  ['capacity', 'by itself'],
  ['external-gate', 'by itself'],
] as const)('a hold because of %s goes on with: %s', (reason, way) => {
  expect(render(createRollout({ state: 'held', hold: { ...hold, reason } }))).toMatch(
    new RegExp(`HELD.*\n {4}${way} .*\n {4}./alwayson abort`),
  );
});

test('undone: the reason, what is live, the failed gate with what did not pass', () => {
  expect(render(createUndoneRollout())).toBe(
    `
✖ 1.4.0 (3fa2b1c9d0e1) was undone after 70 s: success of list-items: 12 of 310 failed, beside 0 of 5,890 (chance 1e-9)
  1.3.0 is live in all regions.
  ✔ prepare   12 s
  ✔ migrate   0.8 s
  ✔ place     3.1 s
  ✔ warm      2 s
  ✔ smoke     0.5 s
  ✔ step 1  west 5 %, east 5 %    shift 1.2 s, bake 30 s  pass (2 checks)
  ✖ step 2  west 25 %, east 25 %  shift 1.1 s, bake 12 s  FAIL (3 checks, 40 requests by observers)
      ✖ success  list-items  12 of 310 failed, beside 0 of 5,890 (chance 1e-9)
      ○ latency  rate        4 of 50 requests
      ✔ memory               api 80 MiB, beside 78 MiB
  ✔ revert    0.4 s
  ✔ withdraw  2.3 s`.slice(1),
  );
});

test('succeeded: every step, and what it cost', () => {
  expect(render(createSucceededRollout())).toBe(
    `
✔ 1.4.0 (3fa2b1c9d0e1) succeeded after 3 min.
  1.4.0 is live in all regions.
  ✔ prepare   12 s
  ✔ migrate   0.8 s
  ✔ place     3.1 s
  ✔ warm      2 s
  ✔ smoke     0.5 s
  ✔ step 1  west 5 %, east 5 %      shift 1.2 s, bake 30 s  pass (2 checks)
  ✔ step 2  west 25 %, east 25 %    shift 1.1 s, bake 12 s  pass (2 checks)
  ✔ step 3  west 100 %, east 100 %  shift 1.3 s, bake 30 s  pass (2 checks)
      ✔ success  list-items  0 of 310 failed, beside 0 of 5,890
      ✔ memory               api 80 MiB, beside 78 MiB
  ✔ settle    2.5 s
  ✔ drain     4 s
  ✔ remove    1 s
What it cost:
  lost         0 of 122,749 requests
  longest gap  41.3 ms without an answer to the prober
  p50          3.1 ms before, 3.2 ms during, 3.1 ms after
  p99          81 ms before, 85.3 ms during, unknown after
  counted      100 % of the time`.slice(1),
  );
  expect(render(createSucceededRollout(), true).match(/✔ memory/g)).toHaveLength(3);
  expect(render(createSucceededRollout({ longestGapMs: null }))).toContain(
    'longest gap  not measured all the time',
  );
});

test('before it is prepared a release has no name, and after contract there is no way back', () => {
  const { waitingFor: _, ...first } = createRollout({
    version: 'new',
    release: '',
    phase: 'prepare',
    step: -1,
    phases: [{ name: 'prepare', seconds: 3 }],
    gates: [],
  });
  expect(render(first)).toBe(
    `
▶ Bring in the new release in place of 1.3.0, for 95 s of about 4 min
  prepare: the release is copied, installed and built
  ./alwayson abort brings 1.3.0 back.
  ▶ prepare   3 s
  ○ then migrate, place, warm, smoke
  ○ step 1  west 5 %, east 5 %      bake 30 s
  ○ step 2  west 25 %, east 25 %    bake 30 s
  ○ step 3  west 100 %, east 100 %  bake 30 s
  ○ then settle, drain, remove`.slice(1),
  );
  const sayBack = (change: Partial<RolloutReport>) => render(createRollout(change)).split('\n')[2];
  expect(sayBack({ phase: 'settle' })).toBe('  ./alwayson abort brings 1.3.0 back.');
  expect(sayBack({ phase: 'drain' })).toBe(
    '  It is live. Once the old stamps are gone, ./alwayson rollback brings 1.3.0 back.',
  );
  expect(sayBack({ phase: 'drain', pointOfNoReturn: 'contract' })).toBe(
    '  Past the point of no return: 1.3.0 cannot come back.',
  );
  expect(sayBack({ phase: 'revert', reason: 'aborted by kim' })).toBe(
    '  On its way back to 1.3.0: aborted by kim',
  );
});

test('in a log: one line for each change, none for what only counts on', () => {
  const { waitingFor: _, ...running } = createRollout({ gates: [] });
  const shift = { ...running, phase: 'shift', waitingFor: 'gateway west' } as const;
  expect(describeRolloutChange(undefined, shift)).toEqual([
    'bring in 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0',
    'shift to step 2 of 3: west 25 %, east 25 %',
    'shift: waiting for gateway west',
  ]);
  const bake = createRollout({ gates: [] });
  expect(describeRolloutChange(shift, bake)).toEqual([
    'bake of step 2 of 3: 30 s',
    'bake: waiting for 18 s of looking at it',
  ]);
  expect(describeRolloutChange(bake, { ...bake, waitingFor: '17 s of looking at it' })).toEqual([]);
  const held = createRollout({ gates: [], state: 'held', hold, waitingFor: hold.text });
  expect(describeRolloutChange(bake, held)).toEqual([
    'HELD, not enough data: 4 of 50 requests (./alwayson promote goes on without it, ./alwayson abort goes back to 1.3.0)',
  ]);
  expect(describeRolloutChange(held, { ...held, hold: { ...hold, text: '9 of 50 requests' } })).toEqual([]);
  expect(describeRolloutChange(held, running)).toEqual(['goes on']);
  const gates = [createGate(1, { synthetic: 40 })];
  const passed = { ...running, step: 2, phase: 'shift' as const, gates };
  expect(describeRolloutChange(running, passed)).toEqual([
    'gate of step 2: pass (2 checks, 40 requests by observers)',
    'shift to step 3 of 3: west 100 %, east 100 %',
  ]);
});

test('in a log: what undoes it is told with the check that failed, and what is live at the end', () => {
  const back = createUndoneRollout({ state: 'running', phase: 'revert' });
  const bad = 'success of list-items: 12 of 310 failed, beside 0 of 5,890 (chance 1e-9)';
  expect(describeRolloutChange(createRollout(), back)).toEqual([
    'gate of step 2: FAIL (3 checks, 40 requests by observers)',
    `  ${bad}`,
    `goes back to 1.3.0: ${bad}`,
    'revert: all traffic goes back',
  ]);
  expect(describeRolloutChange(back, createUndoneRollout())).toEqual([`undone: ${bad}; 1.3.0 is live`]);
  expect(describeRolloutChange(createSucceededRollout(), createSucceededRollout())).toEqual([]);
});

test('releases are a table, history a line an entry', () => {
  const git = createRelease({
    version: '1.3.0',
    digest: digestBefore,
    state: 'former',
    source: { kind: 'git', path: '/shop', revision: 'abcdef0123456789' },
    bytes: 800,
  });
  const lines = renderReleases([createRelease(), git]).split('\n');
  expect(lines[0]).toMatch(/^version +digest +state +created +by +source +size$/);
  expect(lines[1]).toMatch(/^1\.4\.0 +3fa2b1c9d0e1 +live +\S+ \S+ +kim +\/shop +120 files, 3\.3 MiB$/);
  expect(lines[2]).toMatch(/^1\.3\.0 +77aa00bb11cc +former .* \/shop at abcdef012345 +120 files, 800 bytes$/);
  expect(renderReleases([])).toBe('No release is kept yet.');
  const history = renderHistory([
    createHistoryEntry(1, { kind: 'started', why: 'new stock', data: {} }),
    createHistoryEntry(2, { kind: 'gate', data: { step: 1, checks: ['a'] } }),
  ]);
  expect(history[0]).toMatch(/^ {2}1 {2}\S+ \S+ {2}started {2}kim {2}new stock$/);
  expect(history[1]).toMatch(/ gate +kim {2}step 1, checks \["a"\]$/);
});
