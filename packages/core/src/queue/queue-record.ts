/**
 * The committed truth about one region's queue, record `queue-<region>`. Every rule of `decide-queue.ts` rests on this:
 * `inSync` is only true while the primary asks for two copies of every write, so whatever was acknowledged is on both.
 */
export interface QueueRecord {
  /** Goes up with every promotion; 0 before the first primary was chosen. */
  term: number;
  /** Zone of the one server that may accept writes. */
  primary: string;
  /** The process (run id) that was let accept them; another one must not go on without a decision. */
  primaryRun: string | null;
  /** The process that confirmed the second copy when `inSync` became true. */
  replicaRun: string | null;
  inSync: boolean;
}

export function firstQueueRecord(primary: string): QueueRecord {
  return { term: 0, primary, primaryRun: null, replicaRun: null, inSync: false };
}
