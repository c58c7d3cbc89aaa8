import { describe, expect, test } from 'vitest';
import type { GateEvidence } from '../../src/rollout/gate-evidence.ts';
import type { GateSignalRule } from '../../src/rollout/gate-rules.ts';
import { calm, cellsOf, judge, oneFlow, requestsOf, withCells } from './gate-world.ts';

describe('a declared signal', () => {
  const rule: GateSignalRule = {
    name: 'orders',
    component: 'api',
    metric: 'shop_orders_total',
    expect: 'not-lower',
    tolerance: 0.5,
    flows: ['list'],
  };
  interface Counts {
    own: number;
    usual: number;
    /** As the component counts them; users' are 310 beside 5,890. */
    requests?: [number, number] | null;
    expect?: 'not-lower' | 'not-higher';
  }
  const judgeCounts = ({ own, usual, requests = [310, 5890], expect: wanted = 'not-lower' }: Counts) => {
    const [mine = null, theirs = null] = requests ?? [];
    const signals: GateEvidence['signals'] = [
      {
        name: 'orders',
        candidate: { count: own, requests: mine },
        live: { count: usual, requests: theirs },
        before: null,
      },
    ];
    const given = { ...oneFlow, signals: [{ ...rule, expect: wanted }] };
    return judge(withCells(calm(), { signals }), { given }).find('orders')[0];
  };

  test('that falls or rises by far is found', () => {
    expect(judgeCounts({ own: 10, usual: 1178 })).toMatchObject({
      verdict: 'fail',
      text: expect.stringMatching(/^10 in 310 requests, beside 1,178 in 5,890 requests \(chance/),
    });
    expect(judgeCounts({ own: 400, usual: 1178, expect: 'not-higher' })?.verdict).toBe('fail');
    expect(judgeCounts({ own: 10, usual: 1178, requests: null })?.verdict).toBe('fail');
  });

  test('within its tolerance, or by chance, is well', () => {
    expect(judgeCounts({ own: 45, usual: 1178 })?.verdict).toBe('pass');
    expect(judgeCounts({ own: 90, usual: 1178, expect: 'not-higher' })?.verdict).toBe('pass');
    expect(judgeCounts({ own: 0, usual: 50 })?.verdict).toBe('pass');
  });

  test('our own probes among the requests do not make it look bad', () => {
    // As many orders for each user; but half of what the new release answered were probes.
    expect(judgeCounts({ own: 62, usual: 1178, requests: [930, 5950] })?.verdict).toBe('pass');
    // A counter of all requests, probes too.
    expect(judgeCounts({ own: 930, usual: 5950, requests: [930, 5950], expect: 'not-higher' })?.verdict).toBe(
      'pass',
    );
  });

  test('that could not be read, or not be compared, does not pass', () => {
    const given = { ...oneFlow, signals: [rule] };
    expect(judge(withCells(calm()), { given }).verdict).toBe('not-enough-data');
    expect(judgeCounts({ own: 0, usual: 0, requests: [3, 5890] })?.verdict).toBe('not-enough-data');
  });

  test('is compared with the step before once the old release has no requests any more', () => {
    const cells = cellsOf(requestsOf('candidate', { good: 6000 }));
    const signals: GateEvidence['signals'] = [
      {
        name: 'orders',
        candidate: { count: 10, requests: null },
        live: { count: 0, requests: null },
        before: { count: 600, requests: null, users: 3000 },
      },
    ];
    const given = { ...oneFlow, signals: [rule] };
    const { find } = judge(withCells(cells, { signals }), { given });
    expect(find('orders')[0]?.verdict).toBe('fail');
  });
});
