import { createHash, randomUUID } from 'node:crypto';
import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyRequest } from 'fastify';

const keyLengthMax = 255;

/** What makes two requests the same one, sent twice. */
export interface RequestIdentity {
  /** The client's `Idempotency-Key`. */
  key: string | undefined;
  /** A hash of method, path, body and whether it is test data. */
  fingerprint: string;
}

/** Throws a 400 when the key is empty or too long. `body` is the body as understood, without unknown fields. */
export function toRequestIdentity(request: FastifyRequest, isTest: boolean): RequestIdentity {
  const path = request.url.split('?', 1)[0] ?? '';
  const fingerprint = hash([
    request.method,
    path.toLowerCase(),
    JSON.stringify(request.body ?? null),
    isTest,
  ]);
  const key = request.headers['idempotency-key'];
  if (key === undefined) return { key, fingerprint };
  if (typeof key === 'string' && key !== '' && key.length <= keyLengthMax) return { key, fingerprint };
  const field = 'Idempotency-Key';
  const message = `must have 1 to ${keyLengthMax} characters`;
  throw new HttpProblem(400, 'INVALID_REQUEST', {
    detail: `${field}: ${message}`,
    fields: [{ field, message }],
  });
}

/**
 * The id of what the request creates. With a key, the same in every region and process, so that a retry that takes
 * another way still names the same thing; without one, random.
 */
export function toFutureId({ key, fingerprint }: RequestIdentity): string {
  if (key === undefined) return randomUUID();
  const hex = hash([key, fingerprint]);
  // UUID version 8: "custom", with the variant of RFC 9562.
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function keyReused(): HttpProblem {
  return new HttpProblem(422, 'IDEMPOTENCY_KEY_REUSED', {
    detail: 'This Idempotency-Key was used for another request. Use a new key for each new request.',
  });
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
