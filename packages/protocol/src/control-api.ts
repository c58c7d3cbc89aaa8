import { z } from 'zod';

/**
 * The control plane's HTTP API, `http://localhost:8900/api`. Reads are open on loopback; changes need
 * `Authorization: Bearer <tokens.operator>` or the session that the console gets at `/login?token=`.
 *
 * GET  /api/status                       Status
 * GET  /api/health                       HealthReport (health.ts), parents before children
 * GET  /api/health/:entity               HealthExplanation
 * GET  /api/shares                       SharesReport (shares.ts)
 * GET  /api/slo                          SloReport (slo.ts); these four: 503 AON_STARTING while nothing is known
 * GET  /api/manifest                     Manifest (validated, defaults filled in)
 * GET  /api/events?after=SEQ|before=SEQ&limit=N   Event[] (newest last; default limit 200)
 * GET  /api/operations                   Operation[] (newest first)
 * GET  /api/operations/:id               Operation
 * POST /api/operations/:id/cancel  OperationOrder  Operation, 202 while it goes back; 409 AON_TOO_LATE
 * POST /api/operations/:id/resume  OperationOrder  Operation, 202 while it goes on; 409 AON_TOO_LATE
 * GET  /api/stream                       SSE: `event: status` data Status (on change, at most 4 a second);
 *                                        `event: event` data Event, id = seq (Last-Event-ID resumes); `event: operation` data Operation
 * POST /api/kill    {target}             KillResult: target is a unit, stamp, zone or region name
 * POST /api/revive  {target}             KillResult
 * GET  /api/switches                     Switch[] in force (switches.ts)
 * POST /api/switches      SwitchRequest  SwitchAnswer, 202 while its operation runs; 409 AON_CAPACITY
 * POST /api/switches/end  SwitchEndRequest  SwitchAnswer
 * GET  /api/alerts?state=active|all|open|acknowledged|resolved   Alert[] (alerts.ts); default active
 * POST /api/alerts/:id/acknowledge {owner, reason}   Alert
 * GET  /api/releases                     ListedRelease[] (releases.ts), newest first
 * GET  /api/releases/:ref                ListedRelease: by version, digest or its first characters (6 or more)
 * GET  /api/rollout                      RolloutReport of the one that runs, else that ended last; 409 AON_ROLLOUT_NONE
 * GET  /api/rollouts/:id                 RolloutReport (id of its operation)
 * GET  /api/release-history?release=|rollout=|limit=   HistoryEntry[] (newest last; release-api.ts)
 * GET  /api/release-history/verify       HistoryCheck
 * POST /api/releases/plan    DeployRequest    RolloutPlanning, 202: the release is prepared first, which may take minutes;
 * GET  /api/releases/plans/:id           RolloutPlanning, its plan null until then, or the error it ended with. 404: begin again
 * POST /api/releases/deploy  DeployRequest    RolloutReport, 202 when it is journaled or queued
 * POST /api/rollback/plan    RollbackRequest  RolloutPlan
 * POST /api/rollback         RollbackRequest  RolloutReport, 202
 * POST /api/rollout/order    RolloutOrder     RolloutReport, 202; 409 AON_ROLLOUT_NONE
 * POST /api/previews         PreviewRequest   PreviewToken
 *                                        Bodies of plan and deploy may have 1 MiB, others 64 KiB
 * GET  /api/drills                       DrillReport[] (drills.ts), newest first
 * POST /api/drills        DrillEvidence  DrillReport, 201: judged and filed
 * GET  /api/drills/schedules             DrillSchedule[]
 * POST /api/drills/schedules  DrillScheduleRequest  DrillSchedule[]
 * POST /api/scale         ScaleRequest   ScaleAnswer, 202 while its operation runs; 409 AON_CAPACITY, AON_ROLLOUT_RUNNING
 * GET  /api/units/:id/log?lines=N       text/plain (to follow: the host of its zone)
 * GET  /api/openapi.json                 OpenAPI 3
 * GET  /readyz                           200 when serving (also the witness host's probe)
 * GET  /api/metrics-targets             Prometheus http_sd_config: every process to scrape, with labels
 * GET  /metrics                          Prometheus text
 */
export const TargetRequest = z.strictObject({ target: z.string().min(1) });

/** Who wants it. */
export const OperationOrder = z.strictObject({ owner: z.string().min(1).max(100) });
export type OperationOrder = z.infer<typeof OperationOrder>;

export const KillResult = z.object({
  target: z.string(),
  kind: z.enum(['unit', 'stamp', 'zone', 'region']),
  units: z.array(z.string()),
  message: z.string(),
});
export type KillResult = z.infer<typeof KillResult>;

export const EventsQuery = z.object({
  /** Only later ones, the next `limit` of them. Without it and `before`: the newest. */
  after: z.coerce.number().int().nonnegative().optional(),
  /** Only earlier ones, the `limit` just before. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
