import type { ShareCause, SharesReport } from '@alwayson/protocol/shares.ts';
import { expect, test } from 'vitest';
import { renderShares } from '../../src/output/render-shares.ts';
import type { Painter } from '../../src/output/terminal.ts';
import { createSharesReport, createSharesStamp } from '../support/sample-shares.ts';

const painter: Painter = { paint: (_, text) => text, sign: (state) => `[${state}]` };
const nowMs = Date.parse(createSharesReport().at);
const render = (change: Partial<SharesReport> = {}) =>
  renderShares(createSharesReport(change), painter, nowMs).split('\n');

test('when all is well there is a table by region and nothing else', () => {
  expect(render()).toEqual([
    'Generation 7 for 5 min: 60.5/s asked of 400/s that can be served.',
    '',
    '    stamp       class  share  weight  capacity  demand  standing  reason',
    'region west',
    '  [healthy] west-1-abc  ok     50 %   128     200/s     30.3/s  serving',
    'region east',
    '  [healthy] east-1-abc  ok     50 %   128     200/s     30.3/s  serving',
  ]);
});

test('each standing says how far a stamp is on its way into traffic', () => {
  const since = '2026-01-01T09:59:00.000Z';
  const until = '2026-01-01T10:00:30.000Z';
  const out = { kind: 'out', since, factor: 0, strikes: 1 } as const;
  const text = render({
    stamps: [
      createSharesStamp('west-1-abc', {
        class: 'hard',
        share: 0,
        weight: 0,
        reason: 'its process is gone',
        standing: { ...out, until },
      }),
      createSharesStamp('west-2-abc', { class: 'soft', standing: { ...out, strikes: 0, until: since } }),
      createSharesStamp('west-3-abc', { standing: { kind: 'trial', since, factor: 0.02, strikes: 2 } }),
      createSharesStamp('west-4-abc', { standing: { kind: 'slow-start', since, factor: 0.345, strikes: 0 } }),
      createSharesStamp('west-5-abc', {
        class: 'off',
        standing: { kind: 'unseen', since, factor: 0, strikes: 0 },
      }),
    ],
  });
  expect(text.slice(4)).toEqual([
    expect.stringMatching(
      /^ {2}\[unhealthy] west-1-abc +hard +0 % +0 .* held until \d\d:\d\d:30 \(30 s\), fell once {2}its process is gone$/,
    ),
    expect.stringMatching(/^ {2}\[unhealthy] west-2-abc +soft .* {2}out$/),
    expect.stringMatching(/^ {2}\[healthy] west-3-abc .* {2}trial at 2 %, fell 2 times$/),
    expect.stringMatching(/^ {2}\[healthy] west-4-abc .* {2}slow start at 34\.5 %$/),
    expect.stringMatching(/^ {2}\[unknown] west-5-abc +off .* {2}not admitted yet$/),
  ]);
});

test.each<[ShareCause, RegExp]>([
  [{ kind: 'stamp', stamps: ['a'], dependencies: [] }, /one stamp: a is bad/],
  [
    { kind: 'release', stamps: ['a', 'b'], release: 'r1', dependencies: [] },
    /release r1 are bad \(a, b\).*Roll it back/,
  ],
  [{ kind: 'region', stamps: ['a', 'b'], region: 'west', dependencies: [] }, /region west are bad \(a, b\)/],
  [{ kind: 'shared', stamps: ['a', 'b'], dependencies: ['database'] }, /see database bad.*none is taken out/],
  [{ kind: 'differential', stamps: ['a'], dependencies: ['queue'] }, /a see queue bad and others do not/],
  [{ kind: 'independent', stamps: ['a', 'b'], dependencies: [] }, /a, b are bad, each by itself/],
  [{ kind: 'all-bad', stamps: ['a', 'b'], dependencies: [] }, /all stamps are bad \(a, b\)/],
])('the cause is a sentence: %j', (cause, sentence) => {
  const last = render({ cause }).at(-1);
  expect(last).toMatch(/^Cause, /);
  expect(last).toMatch(sentence);
});

test('overflow, overload, evacuation, pools, detours and findings are said', () => {
  const text = render({
    overflow: 12.34,
    shed: 5,
    refused: [{ flow: 'manage-items', criticality: 'low', part: 0.4, requestsPerSecond: 2.5 }],
    regions: [
      { region: 'west', evacuate: true },
      { region: 'east', evacuate: false },
    ],
    pools: [{ gateway: 'west', weights: { 'west-1-abc': 0, 'east-1-abc': 256 } }],
    detours: [
      {
        flow: 'list-items',
        cause: { kind: 'stamp', stamps: ['west-1-abc'], dependencies: [] },
        weights: { 'west-1-abc': 0, 'west-2-abc': 256 },
        overflow: 1,
      },
    ],
    findings: [
      { kind: 'model-blind-spot', stamp: 'west-1-abc', flow: 'list-items', text: 'It says it is well.' },
    ],
  });
  expect(text).toContain('region west: EVACUATED, its gateway uses the other regions');
  expect(text.slice(-6)).toEqual([
    'Overflow: 12.3/s goes to bad stamps, because the good ones cannot carry it.',
    'Overload: 5/s more is asked than all can carry together.',
    'Refused, so that more critical flows are served: 40 % of manage-items (low, 2.5/s).',
    'The gateway of west spreads over west-1-abc 0, east-1-abc 256.',
    'Flow list-items goes its own way: west-1-abc 0, west-2-abc 256. Cause, one stamp: west-1-abc is bad and the others are not. 1/s of it goes to bad stamps.',
    'west-1-abc, flow list-items (model-blind-spot): It says it is well.',
  ]);
});

test('a blind decider and an old decision are said first', () => {
  const report = createSharesReport({ blind: true });
  const text = renderShares(report, painter, nowMs + 120_000).split('\n');
  expect(text[0]).toBe('BLIND: nothing can be observed. The shares stay as they were last decided.');
  expect(text[1]).toBe('Not up to date: this was decided 2 min ago.');
  expect(render({ stamps: [], regions: [] }).at(-1)).toBe('There are no stamps.');
});
