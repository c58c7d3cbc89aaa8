import { expect, test } from 'vitest';
import { compareConfiguration } from '../../src/recovery/compare-configuration.ts';

const now = {
  manifest: { name: 'shop', zones: [1, 2] },
  records: { release: 'abc', scale: { west: 1, east: 2 } },
};

test('the same is said to be so, in whatever order its fields come', () => {
  const then = {
    manifest: { zones: [1, 2], name: 'shop' },
    records: { scale: { east: 2, west: 1 }, release: 'abc' },
  };
  expect(compareConfiguration(then, now)).toMatchObject({ state: 'pass' });
});

test('what is another now is named, also what was not there then', () => {
  const then = { manifest: { name: 'shop', zones: [2, 1] }, records: { release: 'abc' } };
  expect(compareConfiguration(then, now)).toEqual({
    name: 'configuration',
    state: 'warn',
    detail: 'stays as it is now, and was another then: manifest, scale',
  });
});

test('of before it was kept, nothing is claimed', () => {
  expect(compareConfiguration(null, now)).toMatchObject({
    state: 'warn',
    detail: expect.stringContaining('before it was kept'),
  });
});
