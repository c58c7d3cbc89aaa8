/**
 * The queue's ledger goes back in time with restored data. Fences must not: with one that is older than what a worker still holds, the
 * next owner of its shard could never take over.
 */
export const raiseFences = `DO $$ BEGIN IF to_regclass('alwayson.queue_lease') IS NOT NULL THEN
  UPDATE alwayson.queue_lease SET owner = NULL, fence = fence + 1000000, changed_at = now();
END IF; END $$`;

/** What waited in the other's queues is not masked, and never comes to this one's. */
export const forgetKeptState = `DO $$ BEGIN IF to_regclass('alwayson.kept_state') IS NOT NULL THEN
  DELETE FROM alwayson.kept_state;
END IF; END $$`;
