import { expect, test } from 'vitest';
import {
  AlwaysOnError,
  type ErrorCode,
  errorCatalogue,
  fromProblem,
  isAlwaysOnError,
  toProblem,
} from '../../src/errors.ts';
import { Problem } from '../../src/problem.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

test.each(codes)('%s survives the wire, and says what to do next', (code) => {
  const error = new AlwaysOnError(code, 'It broke.');
  const problem = Problem.parse(JSON.parse(JSON.stringify(toProblem(error, 'c-1'))));
  expect(problem).toMatchObject({ code, status: errorCatalogue[code].status, correlationId: 'c-1' });
  expect(fromProblem(problem)).toMatchObject({ code, message: 'It broke.', hint: errorCatalogue[code].hint });
  expect(error.hint).toMatch(/^\S.{10,}[.?]$/);
});

test('a better hint than that of the catalogue is kept', () => {
  const error = new AlwaysOnError('AON_DISK_FULL', 'Full.', {
    hint: 'Empty the bin.',
    cause: new Error('ENOSPC'),
  });
  expect(fromProblem(toProblem(error)).hint).toBe('Empty the bin.');
  expect(error.cause).toMatchObject({ message: 'ENOSPC' });
});

test('the inner text of an unexpected error stays inside', () => {
  const problem = toProblem(new Error('password is hunter2'));
  expect(problem.code).toBe('AON_INTERNAL');
  expect(JSON.stringify(problem)).not.toContain('hunter2');
});

test('a code from a newer version is not mistaken for a known one', () => {
  const problem = { ...toProblem(new AlwaysOnError('AON_TIMEOUT', 'Late.')), code: 'AON_FROM_THE_FUTURE' };
  expect(fromProblem(problem)).toMatchObject({ code: 'AON_INTERNAL', message: 'Late.' });
});

test('an error of another copy of the module is known by its brand', () => {
  expect(isAlwaysOnError(new AlwaysOnError('AON_TIMEOUT', 'Late.'))).toBe(true);
  expect(isAlwaysOnError(Object.assign(new Error('x'), { [Symbol.for('alwayson.error')]: true }))).toBe(true);
  expect(isAlwaysOnError(new Error('x'))).toBe(false);
  expect(isAlwaysOnError(null)).toBe(false);
});
