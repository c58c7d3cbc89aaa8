import { expect, test } from 'vitest';
import { isPoolExhausted, toSqlFailure } from '../src/sql-failure.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

test.each([
  ['08006', 'unavailable'],
  ['08P01', 'unavailable'],
  ['53300', 'unavailable'],
  ['57P01', 'unavailable'],
  ['57P03', 'unavailable'],
  ['25006', 'unavailable'],
  ['42P01', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['ECONNREFUSED', 'unavailable'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['23505', 'statement'],
  ['22P02', 'statement'],
  ['42601', 'statement'],
  ['OF_THE_CALLER', 'statement'],
])('%s is %s', (code, failure) => {
  expect(toSqlFailure(withCode(code))).toBe(failure);
});

test('pg has failures without a code', () => {
  expect(toSqlFailure(new Error('Connection terminated unexpectedly'))).toBe('unavailable');
  expect(toSqlFailure(new Error('Query read timeout'))).toBe('unavailable');
  expect(toSqlFailure(new Error('a fault of the caller'))).toBe('statement');
  expect(toSqlFailure(null)).toBe('statement');
  expect(isPoolExhausted(new Error('timeout exceeded when trying to connect'))).toBe(true);
  expect(isPoolExhausted(new Error('Connection terminated due to connection timeout'))).toBe(false);
});
