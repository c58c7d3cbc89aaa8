import { z } from 'zod';

/**
 * The route record: the one versioned document that says which stamps get traffic. The control plane commits it,
 * gateway agents apply it, read it back and report. An agent refuses a lower (epoch, generation), a record in which
 * no stamp would get traffic, and a document it cannot render (delivery.md section 4).
 */
export const RouteStamp = z.strictObject({
  id: z.string(),
  region: z.string(),
  zone: z.string(),
  release: z.string(),
  address: z.string(),
  /** Port of the stamp agent, which answers the health endpoint. */
  healthPort: z.int(),
  /** Component name -> port. */
  ports: z.record(z.string(), z.int()),
  /** `ready` gets traffic by weight; `drain` gets no new requests; `off` neither. Health is HAProxy's own business. */
  state: z.enum(['ready', 'drain', 'off']),
  /** 0..256, HAProxy's range. */
  weight: z.int().min(0).max(256),
});
export type RouteStamp = z.infer<typeof RouteStamp>;

export const RouteComponent = z.strictObject({ name: z.string(), routes: z.array(z.string()).min(1) });

export const RouteFlow = z.strictObject({
  name: z.string(),
  requests: z.array(z.strictObject({ methods: z.array(z.string()), path: z.string() })),
});

export const RouteRecord = z.strictObject({
  epoch: z.int().nonnegative(),
  generation: z.int().nonnegative(),
  components: z.array(RouteComponent),
  flows: z.array(RouteFlow),
  limits: z.strictObject({
    requestsPerSecondPerClient: z.number(),
    requestBodyBytesMax: z.int(),
    requestTimeoutMs: z.int(),
  }),
  stamps: z.array(RouteStamp).min(1),
});
export type RouteRecord = z.infer<typeof RouteRecord>;

export const serverStates = ['up', 'down', 'drain', 'maintenance', 'starting'] as const;

/** What HAProxy itself says, per component backend and stamp. */
export const GatewayServer = z.object({
  component: z.string(),
  stamp: z.string(),
  state: z.enum(serverStates),
  weight: z.int(),
  sessions: z.int(),
  /** Of all requests since HAProxy's start. */
  requests: z.int(),
  checkStatus: z.string(),
});
export type GatewayServer = z.infer<typeof GatewayServer>;

export const GatewayReport = z.object({
  region: z.string(),
  /** The record in force, read back from HAProxy; null before the first. */
  epoch: z.int().nullable(),
  generation: z.int().nullable(),
  /** True when HAProxy's running state equals the record in force. */
  inForce: z.boolean(),
  haproxy: z.object({ running: z.boolean(), version: z.string().nullable(), reloads: z.int() }),
  servers: z.array(GatewayServer),
  reason: z.string().optional(),
});
export type GatewayReport = z.infer<typeof GatewayReport>;

/**
 * Routes of a gateway agent (bearer `tokens.agents`):
 * PUT /routes   RouteRecord -> GatewayReport, answered when read back; 409 AON_GENERATION_OLD, 422 AON_ROUTES_REFUSED
 * GET /report   GatewayReport
 * GET /readyz   200 when haproxy.cfg is written and valid (no token)
 * GET /metrics  Prometheus text (no token)
 */
export const gatewayRoutes = { routes: '/routes', report: '/report' } as const;
