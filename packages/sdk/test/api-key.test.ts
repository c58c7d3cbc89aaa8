import { expect, test } from 'vitest';
import { createApiKeyCheck } from '../src/api-key.ts';

test('any of the valid keys passes, and nothing else', () => {
  const isKey = createApiKeyCheck(['current', 'previous']);
  expect(isKey('current')).toBe(true);
  expect(isKey('previous')).toBe(true);
  for (const wrong of ['', 'curren', 'current ', undefined, null, ['current'], 1]) {
    expect(isKey(wrong), String(wrong)).toBe(false);
  }
});

test('without keys nobody passes', () => {
  expect(createApiKeyCheck([])('')).toBe(false);
});
