import { STATUS_CODES } from 'node:http';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Problem } from '@alwayson/protocol/problem.ts';
import { isUnavailable } from './unavailable.ts';

export interface FieldFault {
  /** Where it is, such as `price` or `limit`. */
  field: string;
  message: string;
}

export interface HttpProblemDetails {
  /** What the client did and what it can do; never an engine's words. */
  detail: string;
  fields?: readonly FieldFault[];
  retryAfterSeconds?: number;
}

/** An answer that is an error on purpose. Throw it from a handler of `createServer`. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldFault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, details: HttpProblemDetails) {
    super(details.detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.fields = details.fields ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

export type ProblemDocument = Problem & { errors?: readonly FieldFault[] };

/** RFC 9457, with the faults of single fields in `errors`. */
export function toProblemDocument(problem: HttpProblem, correlationId: string): ProblemDocument {
  return {
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    correlationId,
    ...(problem.fields.length > 0 ? { errors: problem.fields } : {}),
  };
}

/** Anything thrown while a request was handled, as the answer it deserves; null when it was not expected. */
export function toHttpProblem(error: unknown): HttpProblem | null {
  if (error instanceof HttpProblem) return error;
  if (isAlwaysOnError(error) && isUnavailable(error)) {
    const detail =
      'The service cannot do this right now. Try again in a moment, with the same Idempotency-Key.';
    return new HttpProblem(503, error.code, { detail, retryAfterSeconds: 1 });
  }
  return isHttpError(error) ? fromFrameworkError(error) : null;
}

interface ValidationFault {
  instancePath: string;
  message?: string;
  params?: Record<string, unknown>;
}

interface HttpError extends Error {
  statusCode: number;
  code?: string;
  validation?: ValidationFault[];
  validationContext?: string;
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Fastify's own refusals, in our words. */
function fromFrameworkError(error: HttpError): HttpProblem | null {
  if (error.validation !== undefined) return fromValidation(error.validation, error.validationContext);
  if (error.statusCode === 413)
    return new HttpProblem(413, 'BODY_TOO_LARGE', { detail: 'The body is too large.' });
  if (error.statusCode === 415) {
    return new HttpProblem(415, 'UNSUPPORTED_MEDIA_TYPE', {
      detail: 'Send the body as application/json.',
    });
  }
  if (error.statusCode < 400 || error.statusCode >= 500) return null;
  const detail = error.code?.includes('JSON') ? 'The body is not valid JSON.' : 'The request cannot be read.';
  return new HttpProblem(error.statusCode, 'INVALID_REQUEST', {
    detail,
    fields: [{ field: 'body', message: detail }],
  });
}

function fromValidation(faults: readonly ValidationFault[], context = 'body'): HttpProblem {
  const fields = faults.map((fault) => ({
    field: toFieldName(fault, context),
    message: fault.message ?? 'invalid',
  }));
  const detail = fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new HttpProblem(400, 'INVALID_REQUEST', { detail, fields });
}

/** `/price` -> `price`; a missing one is named by the validator beside the path; the whole body is `body`. */
function toFieldName(fault: ValidationFault, context: string): string {
  const missing = fault.params?.missingProperty;
  const path = fault.instancePath.split('/').filter((part) => part !== '');
  const names = typeof missing === 'string' ? [...path, missing] : path;
  return names.length === 0 ? context : names.join('.');
}
