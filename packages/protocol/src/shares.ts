import { z } from 'zod';
import { RouteRollout } from './routes.ts';
import { Criticality } from './words.ts';

/**
 * Which part of the traffic every stamp gets, and why (health.md 3.4). `GET /api/shares` and `alwayson shares --json`.
 * `off`: an operator's word, or not started yet. `hard`: it cannot be reached. `soft`: it answers, badly. `degraded`: it serves,
 * with something amiss.
 */
export const stampClasses = ['ok', 'degraded', 'soft', 'hard', 'off'] as const;
export const StampClass = z.enum(stampClasses);
export type StampClass = z.infer<typeof StampClass>;

/**
 * What separates the bad stamps from the good ones. `shared`: all see the same dependency bad, so nobody is evicted.
 * `differential`: some see it bad and others do not, which is a fault of their path to it. `all-bad`: nobody is good.
 */
export const causeKinds = [
  'none',
  'stamp',
  'release',
  'region',
  'shared',
  'differential',
  'independent',
  'all-bad',
] as const;
export const ShareCause = z.object({
  kind: z.enum(causeKinds),
  /** The bad stamps. */
  stamps: z.array(z.string()),
  /** Set when the kind is `release`: what to roll back. */
  release: z.string().optional(),
  region: z.string().optional(),
  /** What all of the stamps at hand see bad (`shared`), or all of the bad ones (`differential`). */
  dependencies: z.array(z.string()),
});
export type ShareCause = z.infer<typeof ShareCause>;

/**
 * Where a stamp is on its way into traffic. `unseen`: not admitted yet. `out`: bad, or held down until `until`. `trial`: a small part,
 * to see. `slow-start`: more and more.
 */
export const standingKinds = ['unseen', 'serving', 'out', 'trial', 'slow-start'] as const;
export const ShareStanding = z.object({
  kind: z.enum(standingKinds),
  since: z.string(),
  /** Only of `out`: the end of its hold-down. */
  until: z.string().optional(),
  /** Part of its fair amount that it may get, 0..1. */
  factor: z.number(),
  /** Times it fell again soon after it was let in; each doubles the hold-down. */
  strikes: z.int(),
});
export type ShareStanding = z.infer<typeof ShareStanding>;

/** Stamp id -> 0..256, HAProxy's range. A stamp that is not named has 0. */
export const ShareWeights = z.record(z.string(), z.int().min(0).max(256));
export type ShareWeights = z.infer<typeof ShareWeights>;

/** A region's gateway that must spread over stamps of several regions: all its weights, own and foreign. See `RoutePool`. */
export const SharePool = z.object({ gateway: z.string(), weights: ShareWeights });
export type SharePool = z.infer<typeof SharePool>;

export const SharesStamp = z.object({
  id: z.string(),
  region: z.string(),
  release: z.string(),
  class: StampClass,
  /** Since when it has this class. ISO 8601, as all times here. */
  since: z.string(),
  reason: z.string().optional(),
  /** Part of the whole pool's traffic, 0..1. */
  share: z.number(),
  /** Beside the other stamps of its region, at its own region's gateway. */
  weight: z.int().min(0).max(256),
  /** Requests per second: the smaller of declared and measured. */
  capacity: z.number(),
  /** Requests per second that its share comes to. */
  demand: z.number(),
  standing: ShareStanding,
});
export type SharesStamp = z.infer<typeof SharesStamp>;

/** A flow that is routed apart, because a stamp is bad for it and good for others. */
export const ShareDetour = z.object({
  flow: z.string(),
  cause: ShareCause,
  /** With the meaning of `RouteDetour`: own region's first, those of other regions when all of the own have 0. */
  weights: ShareWeights,
  overflow: z.number(),
});
export type ShareDetour = z.infer<typeof ShareDetour>;

/** `model-blind-spot`: users see a fault that the stamp does not. `probe-lies`: it is called bad, and users see nothing of it. */
export const ShareFinding = z.object({
  kind: z.enum(['model-blind-spot', 'probe-lies']),
  stamp: z.string(),
  flow: z.string().optional(),
  text: z.string(),
});
export type ShareFinding = z.infer<typeof ShareFinding>;

/** A flow that is refused in part, so that more critical ones are served. */
export const ShareRefusal = z.object({
  flow: z.string(),
  criticality: Criticality,
  /** 0..1, in steps of 0.1. */
  part: z.number().gt(0).max(1),
  /** That it comes to. */
  requestsPerSecond: z.number(),
});
export type ShareRefusal = z.infer<typeof ShareRefusal>;

export const SharesReport = z.object({
  at: z.string(),
  /** Goes up by one with every change of weights, pools or detours. */
  generation: z.int().nonnegative(),
  /** Since when these weights are wanted. */
  since: z.string(),
  /** True while nothing could be observed: what was last known is kept. */
  blind: z.boolean(),
  /** Requests per second that clients of all gateways ask for, smoothed; refused ones too. */
  demand: z.number(),
  /** Of the stamps that serve. */
  capacity: z.number(),
  cause: ShareCause,
  /** Requests per second, with headroom, that bad stamps have to carry because the good ones cannot. */
  overflow: z.number(),
  /** Requests per second beyond everybody's capacity. */
  shed: z.number(),
  /** What is refused because of either, the least critical first. */
  refused: z.array(ShareRefusal),
  /** All stamps of an evacuated region are bad while others are clean: its gateway uses the other regions. */
  regions: z.array(z.object({ region: z.string(), evacuate: z.boolean() })),
  stamps: z.array(SharesStamp),
  pools: z.array(SharePool),
  /** What the weights were made for, while two releases share the traffic. */
  rollout: RouteRollout.optional(),
  detours: z.array(ShareDetour),
  findings: z.array(ShareFinding),
});
export type SharesReport = z.infer<typeof SharesReport>;
