import { errorCatalogue, isAlwaysOnError } from '@alwayson/protocol/errors.ts';

/** True for the errors by which a store's client says "not now": the same call may work a moment later. */
export function isUnavailable(error: unknown): boolean {
  return isAlwaysOnError(error) && errorCatalogue[error.code].status === 503;
}
