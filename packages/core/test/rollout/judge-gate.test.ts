import { describe, expect, test } from 'vitest';
import {
  calm,
  causeOf,
  cellsOf,
  evidenceOf,
  flowOf,
  judge,
  requestsOf,
  rules,
  withCells,
} from './gate-world.ts';

describe('the verdict', () => {
  test('is a pass only at the end', () => {
    expect(judge(withCells(calm())).verdict).toBe('pass');
    expect(judge(withCells(calm()), { final: false }).verdict).toBe('not-enough-data');
  });

  test('needs requests, and some of every flow that matters', () => {
    expect(judge(evidenceOf()).verdict).toBe('not-enough-data');
    const few = cellsOf(requestsOf('candidate', { good: 49 }), requestsOf('live', { good: 900 }));
    expect(judge(withCells(few)).find('requests')).toMatchObject([
      { verdict: 'not-enough-data', text: '49 of the new release, of 50 that are needed' },
    ]);
    const synthetic = cellsOf(requestsOf('candidate', { good: 1 }), requestsOf('live', { good: 20 }));
    expect(judge(withCells(few, { synthetic })).verdict).toBe('pass');
    const unseen = judge(withCells(calm()), { given: rules });
    expect(unseen.verdict).toBe('not-enough-data');
    expect(unseen.find('requests')).toMatchObject([{ verdict: 'pass' }, { flow: 'view', samples: 0 }]);
    const optional = { ...rules, flows: [flowOf('list'), flowOf('view', false)] };
    expect(judge(withCells(calm()), { given: optional }).verdict).toBe('pass');
  });

  test('does not pass what was not seen', () => {
    const { verdict, find } = judge(withCells(calm(), { unseen: ['east'] }));
    expect(verdict).toBe('not-enough-data');
    expect(find('requests').at(-1)?.text).toBe('nothing is known of the traffic of east');
  });
});

describe('success', () => {
  test('thirty percent of two seconds at five percent of 200 requests/s are enough', () => {
    const cells = cellsOf(requestsOf('candidate', { good: 14, bad: 6 }), requestsOf('live', { good: 380 }));
    const { verdict, failed } = judge(withCells(cells), { final: false });
    expect(verdict).toBe('fail');
    expect(failed).toMatchObject([
      { name: 'success', flow: 'list', samples: 20, text: '6 of 20 failed, beside 0 of 380 (chance 7e-9)' },
    ]);
  });

  test('noise that both have does not fail, nor what is too small to matter', () => {
    const noise = cellsOf(
      requestsOf('candidate', { good: 291, bad: 9 }),
      requestsOf('live', { good: 5586, bad: 114 }),
    );
    expect(judge(withCells(noise)).verdict).toBe('pass');
    const faint = cellsOf(
      requestsOf('candidate', { good: 99_200, bad: 800 }),
      requestsOf('live', { good: 100_000 }),
    );
    expect(judge(withCells(faint)).verdict).toBe('pass');
  });

  test('what fails in one region alone is found and named', () => {
    const cells = cellsOf(
      requestsOf('candidate', { good: 1000 }),
      requestsOf('candidate', { region: 'east', good: 12, bad: 8 }),
      requestsOf('live', { good: 5000, bad: 10 }),
      requestsOf('live', { region: 'east', good: 380 }),
    );
    const { failed } = judge(withCells(cells));
    expect(failed[0]?.text).toMatch(/^in east: 8 of 20 failed, beside 0 of 380 /);
  });

  test('a region that fails for both releases alike does not fail the one that has more traffic there', () => {
    const cells = cellsOf(
      requestsOf('candidate', { good: 900, bad: 100 }),
      requestsOf('live', { good: 900, bad: 100 }),
      requestsOf('live', { region: 'east', good: 9000 }),
    );
    expect(judge(withCells(cells)).verdict).toBe('pass');
  });

  test('a little in every flow is found in all of them together', () => {
    const given = { ...rules, flows: ['a', 'b', 'c', 'd', 'e'].map((name) => flowOf(name)) };
    const cells = given.flows.flatMap(({ name: flow }) =>
      cellsOf(requestsOf('candidate', { flow, good: 9, bad: 1 }), requestsOf('live', { flow, good: 200 })),
    );
    const { failed } = judge(withCells(cells), { given });
    expect(failed).toMatchObject([{ name: 'success', samples: 50 }]);
    expect(failed[0]).not.toHaveProperty('flow');
  });

  test('what is unlikely but not beyond doubt neither fails nor passes', () => {
    const cells = cellsOf(requestsOf('candidate', { good: 47, bad: 3 }), requestsOf('live', { good: 950 }));
    const { verdict, find } = judge(withCells(cells));
    expect(verdict).toBe('not-enough-data');
    expect(find('success')[0]?.text).toContain('(chance 1e-4)');
  });
});

describe('without requests of the live release at the same time', () => {
  const own = cellsOf(requestsOf('candidate', { good: 700, bad: 300 }));
  const before = cellsOf(requestsOf('live', { good: 900 }));

  test('those of the step before count, unless everybody is in trouble', () => {
    const { verdict, failed } = judge(withCells(own, { before }));
    expect(verdict).toBe('fail');
    expect(failed[0]?.text).toContain('beside 0 of 900 in the step before');
    const cause = causeOf('shared');
    expect(judge(withCells(own, { before, cause })).verdict).toBe('not-enough-data');
  });

  test('a stray request of now does not hide them', () => {
    const stray = [...own, ...cellsOf(requestsOf('live', { good: 30 }))];
    expect(judge(withCells(stray, { before })).failed[0]?.text).toContain('beside 0 of 930');
  });

  test('of none at all, only what no release may do fails, and only what is good passes', () => {
    expect(judge(withCells(own)).verdict).toBe('fail');
    expect(judge(withCells(cellsOf(requestsOf('candidate', { good: 970, bad: 30 })))).verdict).toBe(
      'not-enough-data',
    );
    expect(judge(withCells(cellsOf(requestsOf('candidate', { good: 995, bad: 5 })))).verdict).toBe('pass');
  });
});

test('our own requests are judged apart', () => {
  const synthetic = cellsOf(requestsOf('candidate', { bad: 12 }), requestsOf('live', { good: 12 }));
  const { failed } = judge(withCells(calm(), { synthetic }));
  expect(failed[0]?.text).toBe('of our own: 12 of 12 failed, beside 0 of 12 (chance 4e-7)');
});
