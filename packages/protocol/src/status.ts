import { z } from 'zod';
import { Switch } from './switches.ts';
import { Criticality, EnvironmentType, State, UnitKind } from './words.ts';
import { UnitState } from './units.ts';

/** `alwayson status --json` and `GET /api/status`. Fields are added, never removed or renamed. */
export const StatusUnit = z.object({
  id: z.string(),
  kind: UnitKind,
  component: z.string().optional(),
  stamp: z.string().optional(),
  release: z.string().optional(),
  pid: z.int().nullable(),
  address: z.string(),
  port: z.int(),
  state: State,
  /** What the host says of the process itself. */
  process: UnitState,
  restarts: z.int(),
  reason: z.string().optional(),
});
export type StatusUnit = z.infer<typeof StatusUnit>;

export const StatusZone = z.object({
  name: z.string(),
  state: State,
  address: z.string(),
  hostPid: z.int().nullable(),
  units: z.array(StatusUnit),
});
export type StatusZone = z.infer<typeof StatusZone>;

export const StatusRegion = z.object({ name: z.string(), state: State, zones: z.array(StatusZone) });
export type StatusRegion = z.infer<typeof StatusRegion>;

export const StatusStamp = z.object({
  id: z.string(),
  region: z.string(),
  zone: z.string(),
  release: z.string(),
  state: State,
  /** Part of the traffic of its own region's gateway intended for it, 0..1. */
  share: z.number(),
  /** The operator's word that keeps it out of use. */
  switched: Switch.pick({ action: true, owner: true, reason: true, until: true }).optional(),
  checks: z
    .array(
      z.object({ component: z.string(), status: State, scope: z.string(), reason: z.string().optional() }),
    )
    .default([]),
});
export type StatusStamp = z.infer<typeof StatusStamp>;

export const DatabaseMemberStatus = z.object({
  id: z.string(),
  region: z.string(),
  zone: z.string(),
  role: z.enum(['primary', 'standby', 'unknown']),
  state: State,
  /** True for the member whose confirmation every acknowledged write has. */
  sync: z.boolean(),
  /** Behind the writer; null when not known. */
  lagBytes: z.number().nullable(),
  /** How much, in time, would be lost with the writer; over the last ten minutes. Absent for the writer, and while it is not known. */
  lag: z.object({ ms: z.number(), p50Ms: z.number(), p99Ms: z.number() }).optional(),
  reason: z.string().optional(),
});

export const QueueStatus = z.object({
  region: z.string(),
  primary: z.string().nullable(),
  state: State,
  /** Copies a write needs now before it is acknowledged: 2, or 1 while degraded. */
  copies: z.int(),
  depth: z.int().nullable(),
  /** Age of the oldest write that waits, 0 when none does, and when that was seen; absent until it is known. */
  oldestAgeMs: z.number().optional(),
  oldestAgeAt: z.string().optional(),
  /** Of what the primary may use, 0..1, seen at the same time. */
  memoryUsedRatio: z.number().optional(),
  reason: z.string().optional(),
});

export const FlowStatus = z.object({
  name: z.string(),
  kind: z.enum(['user', 'system']),
  criticality: Criticality,
  state: State,
  reason: z.string().optional(),
});

export const Status = z.object({
  workload: z.string(),
  environment: z.string(),
  type: EnvironmentType,
  state: State,
  /** `starting` until every unit of the first bring-up was ready once. */
  phase: z.enum(['starting', 'running', 'stopping']),
  at: z.string(),
  frontDoor: z.string(),
  console: z.string(),
  epoch: z.int(),
  writerRegion: z.string(),
  release: z.string(),
  regions: z.array(StatusRegion),
  witness: StatusZone,
  stamps: z.array(StatusStamp),
  database: z.object({
    writer: z.string().nullable(),
    term: z.int(),
    members: z.array(DatabaseMemberStatus),
  }),
  queues: z.array(QueueStatus),
  /** Whether another region could write now, by a planned switch. */
  recovery: z
    .array(
      z.object({
        region: z.string(),
        isReady: z.boolean(),
        /** ISO 8601. */
        since: z.string(),
        /** What the last look found missing. */
        failing: z.array(z.string()),
      }),
    )
    .default([]),
  gateways: z.array(
    z.object({ region: z.string(), generation: z.int().nullable(), inForce: z.boolean(), state: State }),
  ),
  flows: z.array(FlowStatus),
  operations: z.array(z.object({ id: z.string(), kind: z.string(), state: z.string(), title: z.string() })),
});
export type Status = z.infer<typeof Status>;
