import { AlwaysOnError, fromProblem } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';

/** What an operation that did not succeed ended with, as the error of the command that asked for it. */
export function toOperationError({ error, title, state }: Operation): AlwaysOnError {
  if (error === undefined) return new AlwaysOnError('AON_INTERNAL', `${title}: ${state}.`);
  return fromProblem({ type: '', title, status: 500, code: error.code, detail: error.message });
}
