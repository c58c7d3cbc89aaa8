import type { QueueHandler } from '../../src/queue/consumer.ts';

/** A workload for the tests: one table of votes, which counts how often each was applied. */
export const createVotes = `
  CREATE TABLE vote (id text PRIMARY KEY, applied integer NOT NULL DEFAULT 1, stars integer CHECK (stars < 6));
  GRANT ALL ON vote TO app`;

interface Vote {
  id: string;
  stars?: number;
}

/** Counts instead of ignoring what comes twice, so that a test sees it. */
export const applyVotes: QueueHandler = async (transaction, entries) => {
  const votes = entries.map(({ body }) => body as Vote);
  if (votes.some(({ id }) => id.startsWith('throws'))) throw new TypeError('a bug in the handler');
  await transaction.query(
    `INSERT INTO vote (id, stars) SELECT * FROM unnest($1::text[], $2::integer[])
     ON CONFLICT (id) DO UPDATE SET applied = vote.applied + 1`,
    [votes.map(({ id }) => id), votes.map(({ stars }) => stars ?? null)],
  );
};

export const vote = (id: string, stars?: number) => ({
  key: id,
  type: 'vote',
  body: { id, ...(stars === undefined ? {} : { stars }) },
  idempotencyKey: id,
});
