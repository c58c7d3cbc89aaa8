import { AlwaysOnError, errorCatalogue, isAlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { ManifestInvalidError } from '../manifest/manifest-fault.ts';

/** Anything thrown, as the CLI tells it: a text for people, a problem document for `--json`, and the exit code. */
export interface Failure {
  text: string;
  document: Record<string, unknown>;
  exitCode: number;
}

export function toFailure(thrown: unknown): Failure {
  const error = isAlwaysOnError(thrown) ? thrown : toInternal(thrown);
  const cause = describeCause(error.cause);
  const faults = error instanceof ManifestInvalidError ? { faults: error.faults } : {};
  return {
    text: [
      `${error.code}: ${error.message}`,
      ...(cause ? [`  cause: ${cause}`] : []),
      `  next: ${error.hint}`,
    ].join('\n'),
    document: { ...toProblem(error), ...(cause ? { cause } : {}), ...faults },
    exitCode: errorCatalogue[error.code].exit,
  };
}

/** Of a fault of ours, the place in our code is what a report needs. */
function toInternal(thrown: unknown): AlwaysOnError {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new AlwaysOnError('AON_INTERNAL', text);
}

/** The innermost reason in one line: `fetch failed` alone helps nobody. */
function describeCause(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const inner = describeCause(cause.cause);
  if (inner) return inner;
  const first = cause instanceof AggregateError ? describeCause(cause.errors[0]) : undefined;
  return first ?? cause.message.split('\n')[0];
}
