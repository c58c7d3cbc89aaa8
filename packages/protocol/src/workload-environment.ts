/**
 * Environment variables that a component process gets. Any program in any language can use them; the SDK reads them.
 * Lists are separated by commas, own zone first.
 *
 * HOST, PORT                     where to listen; the probe path is asked here
 * ALWAYSON_REGION, ALWAYSON_ZONE, ALWAYSON_STAMP, ALWAYSON_UNIT, ALWAYSON_RELEASE, ALWAYSON_COMPONENT
 * ALWAYSON_SQL_WRITE             postgres URLs of the region's doors to the one writer (PgBouncer, database `write`)
 * ALWAYSON_SQL_READ              the same doors, database `read`: a readable member of the own region
 * ALWAYSON_QUEUES                JSON: [{"region":"west","servers":["redis://..","redis://.."]}, ...], own region first
 * ALWAYSON_CACHE                 redis URL of the region's cache
 * ALWAYSON_API_KEYS              valid X-API-KEY values
 * ALWAYSON_BUILD_DIR             the folder that the component's `build` command filled, if it has one
 * OTEL_...                       OpenTelemetry's standard variables, when the manifest names a collector
 */
export const workloadVariables = [
  'HOST',
  'PORT',
  'ALWAYSON_REGION',
  'ALWAYSON_ZONE',
  'ALWAYSON_STAMP',
  'ALWAYSON_UNIT',
  'ALWAYSON_RELEASE',
  'ALWAYSON_COMPONENT',
  'ALWAYSON_SQL_WRITE',
  'ALWAYSON_SQL_READ',
  'ALWAYSON_QUEUES',
  'ALWAYSON_CACHE',
  'ALWAYSON_API_KEYS',
  'ALWAYSON_BUILD_DIR',
] as const;

export const queueKeys = {
  /** Copies a write needs before it is acknowledged: '1' or '2'; set by the control plane, read with every write. */
  copies: 'alwayson:copies',
  /** The term of the primary that accepted writes last; of two that say they accept, the higher one is right. */
  term: 'alwayson:term',
  /** Sorted set of incarnations (run_id of the Redis process that accepted writes), scored by first use. */
  incarnations: 'alwayson:incarnations',
  stream: (shard: number, incarnation: string) => `alwayson:wb:{${shard}}:${incarnation}`,
  idempotency: (key: string) => `alwayson:idem:${key}`,
} as const;
export const queueShards = 8;

/**
 * The `reason` in the readiness (`ComponentReadiness`) of a component on its way out: a statement, not a symptom, so the
 * stamp agent believes it at once.
 */
export const stoppingReason = 'stopping';
