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
 * GET  /api/stream                       SSE: `event: status` data Status (on change, at most 4 a second);
 *                                        `event: event` data Event, id = seq (Last-Event-ID resumes); `event: operation` data Operation
 * POST /api/kill    {target}             KillResult: target is a unit, stamp, zone or region name
 * POST /api/revive  {target}             KillResult
 * GET  /api/switches                     Switch[] in force (switches.ts)
 * POST /api/switches      SwitchRequest  SwitchAnswer, 202 while its operation runs; 409 AON_CAPACITY
 * POST /api/switches/end  SwitchEndRequest  SwitchAnswer
 * GET  /api/alerts?state=active|all|open|acknowledged|resolved   Alert[] (alerts.ts); default active
 * POST /api/alerts/:id/acknowledge {owner, reason}   Alert
 * GET  /api/units/:id/log?lines=N       text/plain (to follow: the host of its zone)
 * GET  /api/openapi.json                 OpenAPI 3
 * GET  /readyz                           200 when serving (also the witness host's probe)
 * GET  /api/metrics-targets             Prometheus http_sd_config: every process to scrape, with labels
 * GET  /metrics                          Prometheus text
 */
export const TargetRequest = z.strictObject({ target: z.string().min(1) });

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
