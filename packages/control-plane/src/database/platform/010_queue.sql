-- Write-behind queues: who applies which shard, and up to where each has been applied.

-- Processes that apply entries; one that does not renew `until` is dead to the others.
CREATE TABLE alwayson.queue_worker (
  worker text PRIMARY KEY,
  region text NOT NULL,
  until timestamptz NOT NULL
);

-- One row per shard of a region's queue. A lease is held while its owner's worker row lives.
-- The fence goes up with every owner.
CREATE TABLE alwayson.queue_lease (
  queue text NOT NULL,
  shard integer NOT NULL,
  owner text,
  fence bigint NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (queue, shard)
);

-- The last entry that was applied of each stream, written in the transaction that applies it: the exactly-once effect.
CREATE TABLE alwayson.queue_ledger (
  queue text NOT NULL,
  shard integer NOT NULL,
  incarnation text NOT NULL,
  last_id text NOT NULL,
  fence bigint NOT NULL,
  applied bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (queue, shard, incarnation)
);

-- Entries that no handler could apply, kept until a person decides.
CREATE TABLE alwayson.dead_letter (
  queue text NOT NULL,
  shard integer NOT NULL,
  incarnation text NOT NULL,
  entry_id text NOT NULL,
  key text NOT NULL,
  type text NOT NULL,
  body text NOT NULL,
  idempotency_key text,
  error_code text,
  error text NOT NULL,
  accepted_at timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (queue, shard, incarnation, entry_id)
);

-- Every worker of the workload does this bookkeeping, in the transactions in which it applies.
GRANT SELECT, INSERT, UPDATE, DELETE
  ON alwayson.queue_worker, alwayson.queue_lease, alwayson.queue_ledger TO app;
GRANT SELECT, INSERT ON alwayson.dead_letter TO app;
