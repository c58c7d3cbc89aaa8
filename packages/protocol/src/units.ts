import { z } from 'zod';
import { UnitKind } from './words.ts';

/**
 * What a host is asked to run and what it answers. A host is one process per zone; it is reached over HTTP at
 * its zone's address with a bearer token, never by signals or shared files (DESIGN 4).
 */

export const UnitProbe = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('http'),
    path: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    intervalMs: z.int().positive().default(1000),
    timeoutMs: z.int().positive().default(1000),
  }),
  /** A TCP connect. It cannot see a frozen process: use it only for what somebody else probes deeper. */
  z.strictObject({
    type: z.literal('tcp'),
    intervalMs: z.int().positive().default(1000),
    timeoutMs: z.int().positive().default(1000),
  }),
  /** Running counts as ready. */
  z.strictObject({ type: z.literal('none') }),
]);
export type UnitProbe = z.infer<typeof UnitProbe>;

export const UnitFile = z.strictObject({
  /** Relative to the unit's own folder; no `..`. */
  path: z.string().regex(/^(?!.*\.\.)[\w][\w./-]*$/),
  content: z.string(),
  mode: z.int().default(0o600),
});
export type UnitFile = z.infer<typeof UnitFile>;

/**
 * `{dir}` in command, args and env values is replaced by the unit's folder (absolute). `{node}` by the
 * Node.js executable that runs the host.
 */
export const UnitSpec = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,80}$/),
  kind: UnitKind,
  component: z.string().optional(),
  stamp: z.string().optional(),
  release: z.string().optional(),
  /** A host refuses a spec whose generation is lower than the one it holds (AON_GENERATION_OLD). */
  generation: z.int().nonnegative(),
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  /** Absolute; the unit's folder when absent. */
  cwd: z.string().optional(),
  address: z.string(),
  port: z.int().min(1).max(65535),
  /** `engine`: the `postgres` user when the host runs as root (PostgreSQL refuses root), else the host's user. */
  runAs: z.enum(['self', 'engine']).default('self'),
  files: z.array(UnitFile).default([]),
  /** The signal sent when only `files` changed. Without it a changed file restarts the unit. */
  reloadSignal: z.enum(['SIGHUP', 'SIGUSR2']).optional(),
  probe: UnitProbe,
  /** Lower starts first; a host waits for readiness of a lower order (at most 30 s) before the next. Stops in reverse. */
  startOrder: z.int().min(0).max(9).default(5),
  stop: z
    .strictObject({
      signal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1']).default('SIGTERM'),
      deadlineMs: z.int().positive().default(10_000),
    })
    .prefault({}),
  /**
   * `always`: the host starts it, and again after an exit with bounded backoff, on its own authority.
   * `onRequest`: only a request to start runs it, never the host by itself: not after an exit, not after the host's
   * own restart (a running process is still adopted). For units that may hold the one writable copy of data.
   */
  restart: z.enum(['always', 'onRequest']).default('always'),
});
export type UnitSpec = z.infer<typeof UnitSpec>;
export type UnitSpecInput = z.input<typeof UnitSpec>;

/**
 * `starting`: process lives, probe not yet passed. `ready`: probe passes. `failing`: was ready, probe fails.
 * `stopped`: asked to be down. `exited`: died and waits for backoff or for a request. `held`: onRequest and never started.
 */
export const unitStates = ['starting', 'ready', 'failing', 'stopping', 'stopped', 'exited', 'held'] as const;
export const UnitState = z.enum(unitStates);
export type UnitState = z.infer<typeof UnitState>;

export const UnitStatus = z.object({
  id: z.string(),
  kind: UnitKind,
  component: z.string().optional(),
  stamp: z.string().optional(),
  release: z.string().optional(),
  generation: z.int(),
  /** A hash of what was asked, so that a controller can see without sending whether a spec is in force. */
  specHash: z.string(),
  address: z.string(),
  port: z.int(),
  state: UnitState,
  pid: z.int().nullable(),
  /** ISO 8601 of the present process's start. */
  startedAt: z.string().nullable(),
  restarts: z.int(),
  lastExit: z.object({ code: z.int().nullable(), signal: z.string().nullable(), at: z.string() }).nullable(),
  reason: z.string().optional(),
  /**
   * Of components: what the process and its children hold, as measured every few seconds. It alone never raises the host's `version`.
   * Engines share memory between their processes, so that a sum would be wrong.
   */
  memoryBytes: z.int().optional(),
});
export type UnitStatus = z.infer<typeof UnitStatus>;

/** What is used of the machine, 0..1. */
export const HostResources = z.object({
  /** ISO 8601 of the measurement. */
  at: z.string(),
  /** Of the file system that holds the state folder: blocks or inodes, whichever are scarcer. */
  diskUsedRatio: z.number(),
  /** Of the process whose open files are nearest to their limit: the host itself, or one of its units. */
  descriptorsUsedRatio: z.number(),
});
export type HostResources = z.infer<typeof HostResources>;

export const HostStatus = z.object({
  environment: z.string(),
  zone: z.string(),
  region: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  /** Goes up with every change of any unit's status; the `after` of a long poll. */
  version: z.int(),
  units: z.array(UnitStatus),
  /** Faults of the host itself that people should know of, such as a damaged file that was set aside. */
  problems: z.array(z.string()).optional(),
  /** Absent until they were measured. They alone raise `version` only when one has moved by a hundredth. */
  resources: HostResources.optional(),
});
export type HostStatus = z.infer<typeof HostStatus>;

export const TaskRequest = z.strictObject({
  /** Same placeholders as a unit's command; runs in the unit's folder as the unit's user. */
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  stdin: z.string().optional(),
  timeoutMs: z.int().positive().max(3_600_000).default(60_000),
  /** It has time: the units of its zone go first. */
  gentle: z.boolean().default(false),
});
export type TaskRequest = z.infer<typeof TaskRequest>;
export type TaskRequestInput = z.input<typeof TaskRequest>;

export const TaskResult = z.object({
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  /** The last 64 KiB of each. */
  stdout: z.string(),
  stderr: z.string(),
  durationMs: z.number(),
});
export type TaskResult = z.infer<typeof TaskResult>;

/**
 * Routes of a host (all need `Authorization: Bearer <token>`; all JSON):
 * GET    /metrics                   Prometheus text (no token)
 * GET    /host?after=V&waitMs=N     HostStatus; with `after`, answers when version > V or after waitMs (at most 30 s)
 * PUT    /units/:id                 UnitSpec -> UnitStatus. Writes files, starts (`always`), reloads, or restarts when the
 *                                   command, env, address, port or user changed. The same spec again changes nothing.
 * DELETE /units/:id?purge=true      stop and forget; with purge its folder too
 * POST   /units/:id/start|stop|restart   UnitStatus when reached (stop: the process and its children are reaped = a fence)
 * POST   /units/:id/kill            SIGKILL of the unit's processes now; the restart policy then acts
 * POST   /units/:id/signal          {signal} to the unit's main process
 * POST   /units/:id/tasks           TaskRequest -> TaskResult
 * GET    /units/:id/log?lines=N     text/plain; `follow=true` streams
 * POST   /outage                    SIGKILL of the host's whole process group, itself included: a zone outage
 * POST   /shutdown                  stops all units in reverse order, answers, exits. Units stay desired for the next start.
 * Witness host only:
 * GET    /hosts                     [{zone, alive, pid}]
 * POST   /hosts/:zone/start         starts that zone's host process if it is not running
 * POST   /hosts/:zone/outage        SIGKILL of that zone's process group (for people who try things)
 * POST   /hosts/shutdown            control plane first, then every zone host, then itself
 */
export const hostRoutes = {
  host: '/host',
  unit: (id: string) => `/units/${id}`,
  action: (id: string, action: 'start' | 'stop' | 'restart' | 'kill' | 'signal' | 'tasks' | 'log') =>
    `/units/${id}/${action}`,
  outage: '/outage',
  shutdown: '/shutdown',
  hosts: '/hosts',
  hostStart: (zone: string) => `/hosts/${zone}/start`,
  hostOutage: (zone: string) => `/hosts/${zone}/outage`,
  hostsShutdown: '/hosts/shutdown',
} as const;

export const KeptHost = z.object({ zone: z.string(), alive: z.boolean(), pid: z.int().nullable() });
export type KeptHost = z.infer<typeof KeptHost>;
