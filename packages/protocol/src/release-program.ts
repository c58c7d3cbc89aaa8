import { z } from 'zod';
import { ArrivalPolicy, Name } from './words.ts';

const Milliseconds = z.int().positive();

const ReleaseSignal = z.strictObject({
  name: Name,
  component: Name,
  /** A counter of the component's `/metrics`, all of its series summed up. */
  metric: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/),
  /** Per request that the component answered: what the new release may not fall below, or rise above. */
  expect: z.enum(['not-lower', 'not-higher']),
  /** How far it may, as a part of what the old release has. */
  tolerance: z.number().positive().default(0.5),
});

const ReleaseWebhook = z.strictObject({
  name: Name,
  /** When it is asked, in Flagger's words. */
  type: z.enum([
    'confirm-rollout',
    'pre-rollout',
    'rollout',
    'confirm-traffic-increase',
    'confirm-promotion',
    'post-rollout',
    'rollback',
    'event',
  ]),
  url: z.url({ protocol: /^https?$/ }),
  timeoutMs: Milliseconds.default(10_000),
  metadata: z.record(z.string(), z.string()).default({}),
});

export const ReleaseProgram = z.strictObject({
  /** Percent of a region's traffic that a new release gets, step by step. */
  trafficSteps: z
    .array(z.number().gt(0).max(100))
    .min(1)
    .max(20)
    .default([5, 25, 50, 100])
    .refine((steps) => steps.at(-1) === 100 && steps.every((step, n) => step > (steps[n - 1] ?? 0)), {
      message: 'rising numbers that end with 100',
    }),
  /** How long each step is looked at before the next. */
  bakeSeconds: z.number().min(0).default(30),
  /** All regions at once, or one after the other in the order of the manifest. */
  order: z.enum(['together', 'regions']).default('together'),
  /** Run once in the release's own folder before its builds, such as `['npm', 'ci']`; without it the packages of the source are used. */
  install: z.array(z.string().min(1)).min(1).optional(),
  /** Safe requests made to every new stamp before anybody else's, so that it is warm. */
  prefetch: z.array(z.string().startsWith('/')).default([]),
  gates: z
    .strictObject({
      /** Requests of the new release that a verdict needs at least, synthetic ones included. */
      requestsMin: z.int().positive().default(50),
      /** Percentage points more failures than the old release are noticed from here. */
      failureDifference: z.number().positive().default(1),
      /** How many times slower than the old release counts as slower. */
      latencyRatio: z.number().gt(1).default(2),
      /** Seconds of each step in which nobody is called slow yet; at most half of the bake. */
      warmUpSeconds: z.number().min(0).default(10),
      /** Memory of a component beside its siblings of the old release. */
      memoryRatio: z.number().gt(1).default(2),
      signals: z.array(ReleaseSignal).default([]),
      webhooks: z.array(ReleaseWebhook).default([]),
    })
    .prefault({}),
  /** Minutes that nobody answers a hold before the release is undone. */
  holdMinutes: z.number().positive().default(60),
  whenAnotherArrives: ArrivalPolicy.default('queue'),
  /** Releases kept on disk beside the live one. */
  keep: z.int().min(1).max(50).default(5),
});

export const Scale = z.strictObject({
  /** Stamps in each zone. */
  min: z.int().min(1).default(1),
  max: z.int().min(1).max(8).default(1),
  /** Part of a stamp's capacity at which another is added, and below which one goes. */
  addAbove: z.number().gt(0).lt(1).default(0.7),
  removeBelow: z.number().gt(0).lt(1).default(0.3),
});
