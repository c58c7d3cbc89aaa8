-- The catalog's tables. Later migrations expand first (add, with a default) and contract in a later release:
-- two releases always share this schema.

-- Never gives the same value twice, so an ETag from before a deletion does not match what was created after it.
CREATE SEQUENCE catalog_item_version;

CREATE TABLE catalog_item (
  id uuid PRIMARY KEY,
  -- "C": the same order on every machine, whatever its locale library.
  name text COLLATE "C" NOT NULL,
  description text NOT NULL,
  image_url text,
  price numeric NOT NULL CHECK (price >= 0),
  version bigint NOT NULL DEFAULT nextval('catalog_item_version'),
  -- Kept with every vote, in the vote's transaction: reading an average never counts votes.
  rating_count integer NOT NULL DEFAULT 0,
  rating_sum integer NOT NULL DEFAULT 0,
  last_updated timestamptz NOT NULL DEFAULT now(),
  -- Set for test data only, which no list shows.
  expires_at timestamptz
) WITH (fillfactor = 80);

CREATE INDEX catalog_item_by_name ON catalog_item (name, id) WHERE expires_at IS NULL;
CREATE INDEX catalog_item_expiring ON catalog_item (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE item_comment (
  id uuid PRIMARY KEY,
  item_id uuid NOT NULL REFERENCES catalog_item ON DELETE CASCADE,
  author_name text NOT NULL,
  text text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz
);

CREATE INDEX item_comment_newest ON item_comment (item_id, created_at DESC, id DESC);
CREATE INDEX item_comment_expiring ON item_comment (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE item_rating (
  id uuid PRIMARY KEY,
  item_id uuid NOT NULL REFERENCES catalog_item ON DELETE CASCADE,
  rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  created_at timestamptz NOT NULL,
  expires_at timestamptz
);

CREATE INDEX item_rating_of_item ON item_rating (item_id);
CREATE INDEX item_rating_expiring ON item_rating (expires_at) WHERE expires_at IS NOT NULL;

-- Ids of deleted comments and votes, for a while: a copy of the write that comes later, through another region's queue,
-- must not bring them back.
CREATE TABLE deleted_entry (
  id uuid PRIMARY KEY,
  deleted_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX deleted_entry_age ON deleted_entry (deleted_at);

-- The first answers of synchronous writes that came with an Idempotency-Key.
CREATE TABLE request_idempotency (
  key text PRIMARY KEY,
  fingerprint text NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  replayed_at timestamptz
);

CREATE INDEX request_idempotency_age ON request_idempotency (created_at);
