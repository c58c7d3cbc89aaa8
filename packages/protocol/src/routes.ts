import { z } from 'zod';

/** 0..256, HAProxy's range. */
const Weight = z.int().min(0).max(256);
/** By stamp id. */
const Weights = z.record(z.string(), Weight);

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
  weight: Weight,
});
export type RouteStamp = z.infer<typeof RouteStamp>;

export const RouteComponent = z.strictObject({ name: z.string(), routes: z.array(z.string()).min(1) });

export const RouteFlow = z.strictObject({
  name: z.string(),
  requests: z.array(z.strictObject({ methods: z.array(z.string()), path: z.string() })),
});

/**
 * Other shares for one flow, as when a stamp can no longer serve it but still serves everything else. A stamp that is not named
 * keeps its share. Of other regions' stamps those with a weight are the reserve; with the own region's all at 0 they serve. When no
 * stamp of the detour is up, the flow goes where everything else goes.
 */
export const RouteDetour = z.strictObject({ flow: z.string(), weights: Weights });
export type RouteDetour = z.infer<typeof RouteDetour>;

/**
 * Other shares for one region's gateway, in place of the stamps' own. A stamp that is not named keeps its share. While only stamps
 * of the gateway's own region have a weight here, those of other regions are the reserve with the shares they have anyway; with
 * weights in both, requests are spread over both; with the own ones all at 0, the others serve.
 */
export const RoutePool = z.strictObject({
  /** The region of the gateway. */
  gateway: z.string(),
  weights: Weights,
});
export type RoutePool = z.infer<typeof RoutePool>;

/** Part of a flow's requests (0..1) that is refused at random, with AON_OVERLOADED, so that others are served. Probes never are. */
export const RouteShed = z.strictObject({ flow: z.string(), part: z.number().gt(0).max(1) });
export type RouteShed = z.infer<typeof RouteShed>;

/** Of health; flows that only one of two releases declares have detours of their own beside them. */
export const detoursMax = 8;
export const onlyInMax = 24;

/** How traffic is divided between two releases. */
export const RouteRollout = z.strictObject({
  /** The digest of the release that is on its way in, or back out. */
  candidate: z.string(),
  /** Region -> part of its gateway's requests that the candidate's stamps get, 0..1; a region that is not named has 0. */
  parts: z.record(z.string(), z.number().min(0).max(1)),
});
export type RouteRollout = z.infer<typeof RouteRollout>;

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
  detours: z
    .array(RouteDetour)
    .max(detoursMax + onlyInMax)
    .optional(),
  pools: z.array(RoutePool).optional(),
  shed: z.array(RouteShed).optional(),
  /** What the weights were made for: gateways do not act on it, and tell it back with what is in force. */
  rollout: RouteRollout.optional(),
  /** Absent: a client's `traceparent` passes as it came, and none is made. Else requests without a valid one begin a trace here. */
  tracing: z.strictObject({ sampleRatio: z.number().min(0).max(1) }).optional(),
});
export type RouteRecord = z.infer<typeof RouteRecord>;

export const serverStates = ['up', 'down', 'drain', 'maintenance', 'starting'] as const;

/**
 * What HAProxy itself says of a stamp's component: of all pools together, probes of a chosen stamp left out. Counters run since
 * HAProxy read its file last (`haproxy.pid` tells of that); averages are of the last 1024 requests.
 */
export const GatewayServer = z.object({
  component: z.string(),
  stamp: z.string(),
  state: z.enum(serverStates),
  /** In the pool that serves what has no detour. */
  weight: z.int(),
  sessions: z.int(),
  requests: z.int(),
  /** What failed here and was answered by another stamp in the end is in `redispatches` only. */
  errors: z.object({
    /** Requests that failed because no connection was made. */
    connect: z.int(),
    /** Requests whose answer broke off or was not HTTP. */
    response: z.int(),
    /** Answers with a 5xx status. */
    status5xx: z.int(),
    /** Attempts that failed and were made again at this stamp. */
    retries: z.int(),
    /** Attempts that failed and were made again at another stamp. */
    redispatches: z.int(),
  }),
  /** Requests that wait for a free connection. */
  queued: z.int(),
  queueMs: z.int(),
  connectMs: z.int(),
  /** To the first byte of the answer. */
  responseMs: z.int(),
  /** HAProxy's word, such as `L7OK`, `L7STS`, `L7TOUT`, `L4CON`, and its sentence. */
  checkStatus: z.string(),
  checkDetail: z.string(),
});
export type GatewayServer = z.infer<typeof GatewayServer>;

export const GatewayReport = z.object({
  region: z.string(),
  /** When HAProxy was asked, ms since the epoch. */
  seenAt: z.int(),
  /** The record in force, read back from HAProxy; null before the first. */
  epoch: z.int().nullable(),
  generation: z.int().nullable(),
  /** True when HAProxy's running state equals the record in force. */
  inForce: z.boolean(),
  /** Of that record; absent when it has none. */
  rollout: RouteRollout.optional(),
  haproxy: z.object({
    running: z.boolean(),
    version: z.string().nullable(),
    reloads: z.int(),
    /** Of the process that serves; counters began again when it changed. */
    pid: z.int().nullable(),
    /**
     * Processes that a reload replaced and that still have clients: each idle connection may bring one more request, which goes to
     * the stamps that the process knows. Absent when HAProxy's master could not be asked.
     */
    replaced: z.array(z.object({ pid: z.int(), stamps: z.array(z.string()) })).optional(),
  }),
  servers: z.array(GatewayServer),
  /** Read back: the detours in force, with the weights of all stamps. */
  detours: z.array(RouteDetour),
  /** Read back: the weights while requests are spread over stamps of several regions, else null. */
  pool: Weights.nullable(),
  /** Read back: stamps that would serve, whatever their share, if nobody with a share was up. */
  reserve: z.array(z.string()).optional(),
  /** Read back: what is refused. */
  shed: z.array(RouteShed),
  reason: z.string().optional(),
});
export type GatewayReport = z.infer<typeof GatewayReport>;

/**
 * A signed token in this header, or for browsers in this cookie, has a request served by a stamp that gets no traffic yet. Anything but
 * a valid one is refused with AON_FORBIDDEN; neither ever reaches a stamp.
 */
export const previewHeader = 'x-alwayson-preview';
export const previewCookie = 'alwayson-preview';

/**
 * Routes of a gateway agent (bearer `tokens.agents`):
 * PUT /routes   RouteRecord -> GatewayReport, answered when read back; 409 AON_GENERATION_OLD, 422 AON_ROUTES_REFUSED
 * GET /report   GatewayReport
 * GET /readyz   200 when haproxy.cfg is written and valid (no token)
 * GET /metrics  Prometheus text (no token)
 */
export const gatewayRoutes = { routes: '/routes', report: '/report' } as const;
