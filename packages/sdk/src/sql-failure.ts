/**
 * What a failed statement means for the next attempt.
 * `unavailable`: this door or server cannot do it now; another connection, or the same a little later, may.
 * `conflict`: the server is well and wants the transaction again (serialization failure, deadlock).
 * `statement`: the statement itself was refused; it would be again.
 */
export type SqlFailure = 'unavailable' | 'conflict' | 'statement';

const conflictCodes = new Set(['40001', '40P01']);

/** Connection (08), resources (53), system (58). */
const unavailableClasses = new Set(['08', '53', '58']);

const unavailableCodes = new Set([
  // A read-only member was asked to write: the door does not yet know the new writer.
  '25006',
  // Cancelled by timeout, shut down, crashed, starting, database gone, idle session ended.
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P04',
  '57P05',
  // Not set up yet: unknown role or wrong password, unknown database, tables not migrated.
  '28000',
  '28P01',
  '3D000',
  '42P01',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg gives these no code. */
const unavailableMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed',
];

/** True when the pool had no free connection in time: the process is busy, which says nothing about the door. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect');
}

export function toSqlFailure(error: unknown): SqlFailure {
  const code = sqlCode(error);
  if (code !== undefined) {
    if (conflictCodes.has(code)) return 'conflict';
    const unavailable = unavailableCodes.has(code) || unavailableClasses.has(code.slice(0, 2));
    return unavailable ? 'unavailable' : 'statement';
  }
  const message = error instanceof Error ? error.message : '';
  return unavailableMessages.some((text) => message.includes(text)) ? 'unavailable' : 'statement';
}

/** The SQLSTATE or system error code of an error, if it has one. */
export function sqlCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
