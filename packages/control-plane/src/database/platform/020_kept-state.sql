-- What belongs to the workload and is not in its tables: it is written here from time to time, so that every backup has it, and every
-- restore the one of its moment. `content`: JSON, which only AlwaysOn reads.
CREATE TABLE alwayson.kept_state (
  name text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  content json NOT NULL
);
