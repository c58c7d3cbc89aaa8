/** How a request failed, in the words that decide what the visitor is told and offered. */
export type Failure =
  /** No answer at all. */
  | 'unreachable'
  /** The shop said that it is busy or partly down; later it will work. */
  | 'busy'
  /** The thing asked for does not exist. */
  | 'missing'
  /** The input was not accepted; sending it again changes nothing. */
  | 'refused'
  /** Anything else. */
  | 'broken';

export interface ApiErrorDetails {
  failure: Failure;
  correlationId: string;
  detail?: string | undefined;
}

/** A request that failed for good, after its retries. The correlation id finds it in the servers' logs. */
export class ApiError extends Error {
  readonly failure: Failure;
  readonly correlationId: string;
  /** The server's own sentence about this case, when it sent one. */
  readonly detail: string | undefined;

  constructor({ failure, correlationId, detail }: ApiErrorDetails) {
    super(detail ?? failure);
    this.name = 'ApiError';
    this.failure = failure;
    this.correlationId = correlationId;
    this.detail = detail;
  }
}

export function toFailure(status: number): Failure {
  if (status === 404 || status === 410) return 'missing';
  if (status === 429 || status === 502 || status === 503 || status === 504) return 'busy';
  return status >= 400 && status < 500 ? 'refused' : 'broken';
}

/** Anything thrown, as an ApiError, so that every error panel can show the same things. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError({ failure: 'broken', correlationId: '' });
}
