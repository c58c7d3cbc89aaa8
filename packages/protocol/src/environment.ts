import { z } from 'zod';
import { EnvironmentType } from './words.ts';

/**
 * One running copy of a workload on this machine: `<state folder>/environment.json`, written once by `alwayson up`
 * (mode 0600: it holds the tokens) and read by every process of the environment (ALWAYSON_ENVIRONMENT is its path).
 *
 * State folder:
 *   environment.json                 this document; environment.copy.json is a second copy of it
 *   up.lock                          held by an `up` while it starts the environment
 *   manifest.json                    the manifest of the live release, before there is one of the folder, with all defaults
 *   releases/<digest>/               one release each, whole; releases/live leads to the live one
 *   hosts/<zone>/                    the host's own files: units.json (desired), running.json, host.json (pid, start time),
 *                                    keeper.json (witness only), host.log
 *   units/<zone>/<unit>/             a unit's folder: its files, data/ and log/
 *   control-plane/state.db           records, journal, events
 *   build/<hash>/                    the built console, by content
 *   cache/                           compiled code; may be deleted at any time
 */
export const Zone = z.object({
  name: z.string(),
  region: z.string(),
  /** A loopback address of its own: 127.<environment>.<region>.<zone>. */
  address: z.string(),
});
export type Zone = z.infer<typeof Zone>;

/** Where an environment that was copied from another got its data and its first release from. */
export const EnvironmentOrigin = z.object({
  /** The other's name. */
  environment: z.string(),
  /** ISO 8601. */
  copiedAt: z.string(),
  /** Label of the backup that its data was restored from. */
  backup: z.string(),
  /** Up to where the log after it was replayed, in Unix ms; null for the backup as it is. */
  time: z.number().nullable().default(null),
  /** Digest of the release; it lies in the state folder. */
  release: z.string(),
  isMasked: z.boolean(),
  /** What opens the backup, and what is run on the data before anybody sees it. Gone once the data is there. */
  access: z
    .object({
      repository: z.string(),
      cipherPass: z.string(),
      postgresSuperuser: z.string(),
      mask: z.string(),
    })
    .optional(),
});
export type EnvironmentOrigin = z.infer<typeof EnvironmentOrigin>;

export const Environment = z.object({
  format: z.literal(1),
  name: z.string(),
  type: EnvironmentType,
  workload: z.string(),
  /** Folder of the manifest that `up` was given; the first release is a copy of it. */
  workloadDir: z.string(),
  configFile: z.string(),
  stateDir: z.string(),
  /** A short folder for unix sockets (their paths are limited to 108 bytes). */
  runDir: z.string(),
  /** Where AlwaysOn itself is installed: the folder with `packages/`. */
  installDir: z.string(),
  createdAt: z.string(),
  frontDoor: z.object({ port: z.int(), url: z.string() }),
  console: z.object({ port: z.int(), url: z.string() }),
  /** The first entry is the witness zone (region `witness`): its host keeps the others and runs the control plane. */
  zones: z.array(Zone).min(2),
  tokens: z.object({
    /** Bearer of the host, gateway-agent and observer APIs. */
    agents: z.string(),
    /** Sent by gateways and the control plane to the stamp health endpoint in `x-alwayson-probe`. */
    probe: z.string(),
    /** Bearer of operators (CLI, console session) at the control plane's API. */
    operator: z.string(),
    /** Workload API keys (`X-API-KEY`); two are valid at once while one rotates. */
    apiKeys: z.array(z.string()).min(1).max(2),
  }),
  passwords: z.object({
    postgresSuperuser: z.string(),
    postgresReplication: z.string(),
    postgresApplication: z.string(),
    redis: z.string(),
    /** What backups are encrypted with. Absent in environments that are older than backups: they have none. */
    backups: z.string().optional(),
  }),
  /** Absent when it began empty. */
  origin: EnvironmentOrigin.optional(),
});
export type Environment = z.infer<typeof Environment>;

/** Fixed ports on a zone's address; zones differ by address, so they never collide. */
export const zonePorts = {
  host: 7000,
  gatewayAgent: 7100,
  gatewayMetrics: 7110,
  observer: 7200,
  observerSyslog: 7201,
  postgres: 5432,
  /** Of the throwaway server to which a backup is restored. */
  verification: 5499,
  pgbouncer: 6432,
  redisQueue: 6379,
  redisCache: 6380,
  /** Stamps take blocks: the agent at +0, components (20 at most) at +1.. in manifest order. */
  stampBase: 10_000,
  stampBlock: 32,
} as const;

export const witnessRegion = 'witness';
