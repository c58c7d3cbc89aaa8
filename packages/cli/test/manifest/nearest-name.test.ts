import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNearestName } from '../../src/manifest/nearest-name.ts';

const known = ['timeoutMs', 'requestsPerSecond', 'path', 'name', 'zones'];

test.each([
  ['timoutMs', 'timeoutMs'],
  ['TimeoutMS', 'timeoutMs'],
  ['nmae', 'name'],
  ['requestPerSeconds', 'requestsPerSecond'],
  ['colour', undefined],
])('%s is near %s', (typed, meant) => {
  expect(findNearestName(typed, known)).toBe(meant);
});

test('a known name is nearest to itself, and one slip of the finger away from itself', () => {
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.nat(), (name, seed) => {
      const at = seed % name.length;
      expect(findNearestName(name, known)).toBe(name);
      expect(findNearestName(name.slice(0, at) + name.slice(at + 1), known)).toBe(name);
    }),
  );
});
