import type { SqlConnection } from '@alwayson/sdk/sql.ts';

export interface IdempotentRequest {
  key: string;
  /** A hash of what is asked: the same key with another one is a mistake of the client. */
  fingerprint: string;
}

export type Claim =
  /** The first with this key: do it, then `recordAnswer` in the same transaction. */
  | { status: 'claimed' }
  /** Done before: this was the answer. */
  | { status: 'repeated'; answer: unknown }
  | { status: 'conflict' };

/** Waits for a request with the same key that is at work in another transaction. */
export async function claimRequest(
  transaction: SqlConnection,
  { key, fingerprint }: IdempotentRequest,
): Promise<Claim> {
  const claim = await transaction.query(
    `INSERT INTO request_idempotency (key, fingerprint) VALUES ($1, $2)
     ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL, created_at = now()
       WHERE request_idempotency.created_at < now() - interval '24 hours'`,
    [key, fingerprint],
  );
  if (claim.rowCount === 1) return { status: 'claimed' };
  // The repeat is written down so that its commit waits for the second copy as the first one did: an answer is never
  // given twice before it is as safe as the manifest promises.
  const { rows } = await transaction.query<{ fingerprint: string; answer: unknown }>(
    'UPDATE request_idempotency SET replayed_at = now() WHERE key = $1 RETURNING fingerprint, answer',
    [key],
  );
  const first = rows[0];
  if (first === undefined) throw new Error('An idempotency record vanished inside its transaction.');
  return first.fingerprint === fingerprint
    ? { status: 'repeated', answer: first.answer }
    : { status: 'conflict' };
}

export async function recordAnswer(transaction: SqlConnection, key: string, answer: unknown): Promise<void> {
  await transaction.query('UPDATE request_idempotency SET answer = $2 WHERE key = $1', [
    key,
    JSON.stringify(answer),
  ]);
}
