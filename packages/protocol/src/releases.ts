import { z } from 'zod';
import { Manifest } from './manifest.ts';
import { BudgetStage } from './slo.ts';

/**
 * A release is an immutable version of a workload's code and configuration, named by the SHA-256 of its contents: `release.json` in
 * its folder `<state folder>/releases/<digest>/`, beside `tree/` (the files as they run) and `prepare.log`.
 */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex');

const Version = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, '1-64 letters, digits, dots, dashes and underscores');

export const ReleaseSource = z.strictObject({
  kind: z.enum(['folder', 'git']),
  path: z.string(),
  /** The commit, of `git`. */
  revision: z.string().optional(),
});
export type ReleaseSource = z.infer<typeof ReleaseSource>;

export const Release = z.strictObject({
  digest: Digest,
  /** What people call it: as given, else the commit's first characters, else the digest's. Unique in an environment. */
  version: Version,
  source: ReleaseSource,
  createdAt: z.string(),
  createdBy: z.string(),
  files: z.int(),
  bytes: z.int(),
  /** SHA-256 of the manifest with all defaults, a part of what the digest is made from. */
  config: z.string(),
  /** Migration files of the relational store, in order. */
  migrations: z.array(z.strictObject({ name: z.string(), checksum: z.string() })),
  /** Of the state folder's `packages/`: what it is linked with. */
  packages: z.array(z.string()).default([]),
});
export type Release = z.infer<typeof Release>;

/** `live` serves; `candidate` is on its way in; `former` was live and its stamps still stand; `stored` is kept on disk. */
export const releaseStates = ['live', 'candidate', 'former', 'stored'] as const;
export const ListedRelease = Release.extend({ state: z.enum(releaseStates) });
export type ListedRelease = z.infer<typeof ListedRelease>;

/** What brings a release into traffic, in the order of travel; `revert` and `withdraw` are the way back. */
export const rolloutPhases = [
  'prepare',
  'migrate',
  'place',
  'warm',
  'smoke',
  'shift',
  'bake',
  'settle',
  'contract',
  'drain',
  'remove',
  'revert',
  'withdraw',
] as const;
export const RolloutPhase = z.enum(rolloutPhases);
export type RolloutPhase = z.infer<typeof RolloutPhase>;

/** One traffic step: the part of each region's traffic that the new release gets, 0..1, and how long it is looked at. */
export const TrafficStep = z.strictObject({
  parts: z.record(z.string(), z.number().min(0).max(1)),
  bakeSeconds: z.number().min(0),
});
export type TrafficStep = z.infer<typeof TrafficStep>;

/** Why a rollout stands still. It goes on with `promote` or `resume`, or back with `abort`. */
export const holdReasons = ['paused', 'not-enough-data', 'capacity', 'external-gate', 'confirm'] as const;
export const RolloutHold = z.strictObject({
  reason: z.enum(holdReasons),
  since: z.string(),
  text: z.string(),
});
export type RolloutHold = z.infer<typeof RolloutHold>;

export const gateVerdicts = ['pass', 'fail', 'not-enough-data'] as const;
export const GateVerdict = z.enum(gateVerdicts);
export type GateVerdict = z.infer<typeof GateVerdict>;

/** One question put to a step: of `success`, `latency`, `memory`, `restarts`, `queue`, `health`, a declared signal, or a webhook. */
export const GateCheck = z.strictObject({
  name: z.string(),
  verdict: GateVerdict,
  /** What was measured beside what was compared with, in words: `3 of 310 failed, beside 0 of 5,890 (chance 1e-4)`. */
  text: z.string(),
  flow: z.string().optional(),
  /** Requests of the new release that it rests on. */
  samples: z.int().optional(),
});
export type GateCheck = z.infer<typeof GateCheck>;

export const GateResult = z.strictObject({
  /** Index of the traffic step; -1 before any traffic. */
  step: z.int(),
  at: z.string(),
  verdict: GateVerdict,
  /** Requests that observers sent because users sent too few. */
  synthetic: z.int(),
  checks: z.array(GateCheck),
});
export type GateResult = z.infer<typeof GateResult>;

/** What a release cost its users: counted by the gateways, and by a prober that asks the front door all the time. */
export const LossReport = z.strictObject({
  requests: z.int(),
  lost: z.int(),
  /** The longest time without an answer to the prober that was due; null when it did not run all the time. */
  longestGapMs: z.number().nullable(),
  /** Requests of the prober with a known outcome, and those without a good answer in time. Absent when it did not run. */
  probes: z.strictObject({ sent: z.int(), failed: z.int() }).optional(),
  p50Ms: z.strictObject({
    before: z.number().nullable(),
    during: z.number().nullable(),
    after: z.number().nullable(),
  }),
  p99Ms: z.strictObject({
    before: z.number().nullable(),
    during: z.number().nullable(),
    after: z.number().nullable(),
  }),
  /** Part of the time that gateways and observers told whole, 0..1: what is not covered is not known to be lost or not. */
  coverage: z.number(),
});
export type LossReport = z.infer<typeof LossReport>;

export const rolloutStates = ['running', 'held', 'succeeded', 'undone', 'failed'] as const;

/** `GET /api/rollout`, and what `deploy --json` ends with. */
export const RolloutReport = LossReport.partial().extend({
  /** Of its operation. */
  id: z.string(),
  kind: z.enum(['deploy', 'rollback']),
  release: z.string(),
  version: z.string(),
  /** The digest and version that were live before. */
  from: z.string(),
  fromVersion: z.string(),
  state: z.enum(rolloutStates),
  /** What is live in all regions at the end: the version, always named. */
  live: z.string().optional(),
  phase: RolloutPhase,
  /** Index of the traffic step in force; -1 before the first. */
  step: z.int(),
  steps: z.array(TrafficStep),
  hold: RolloutHold.optional(),
  /** What is being waited for. */
  waitingFor: z.string().optional(),
  /** Why it was undone or failed. */
  reason: z.string().optional(),
  /** Of the error, when it was refused before anything was touched. */
  code: z.string().optional(),
  /** As planned: of all of it, and the phase after which only forward is possible (null: none). */
  expectedSeconds: z.number().optional(),
  pointOfNoReturn: RolloutPhase.nullable().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  phases: z.array(z.strictObject({ name: z.string(), seconds: z.number() })),
  gates: z.array(GateResult),
});
export type RolloutReport = z.infer<typeof RolloutReport>;

const Words = z.string().trim().min(1).max(500);

export const DeployRequest = z.strictObject({
  /** Absolute: the folder that holds the files, on the machine of the control plane. Of a git revision, where it was exported to. */
  path: z.string().startsWith('/'),
  source: ReleaseSource,
  /** As read from that folder, defaults filled in. */
  manifest: Manifest,
  version: Version.optional(),
  owner: z.string().min(1).max(100),
  reason: Words.optional(),
  /** Only when the plan is still this one. */
  planId: z.string().optional(),
  /** Goes on although the error budget asks for a stop. */
  override: z.boolean().default(false),
});
export type DeployRequest = z.infer<typeof DeployRequest>;

export const RollbackRequest = z.strictObject({
  /** A version or digest; the release that was live before when absent. */
  release: z.string().optional(),
  owner: z.string().min(1).max(100),
  reason: Words.optional(),
});
export type RollbackRequest = z.infer<typeof RollbackRequest>;

export const rolloutOrders = ['promote', 'pause', 'resume', 'abort'] as const;
export const RolloutOrder = z.strictObject({
  order: z.enum(rolloutOrders),
  owner: z.string().min(1).max(100),
  reason: Words.optional(),
});
export type RolloutOrder = z.infer<typeof RolloutOrder>;

/** The exact program that will run. Its id is a hash of all of it but the times. */
export const RolloutPlan = z.strictObject({
  planId: z.string(),
  kind: z.enum(['deploy', 'rollback']),
  release: z.string(),
  version: z.string(),
  from: z.string(),
  fromVersion: z.string(),
  /** New stamps, as many and as large as the old. */
  stamps: z.array(z.strictObject({ id: z.string(), zone: z.string(), region: z.string() })),
  steps: z.array(TrafficStep),
  /** For each step and region: what the stamps that take the traffic can carry, and what they would have to. Requests/s. */
  capacity: z.array(
    z.strictObject({
      step: z.int(),
      region: z.string(),
      capacity: z.number(),
      demand: z.number(),
      enough: z.boolean(),
    }),
  ),
  schema: z.strictObject({
    /** Run before the new stamps start; both releases work with them. */
    expand: z.array(z.string()),
    /** Run when nothing needs what they remove. */
    contract: z.array(z.string()),
    /** They wait for a later release, because one that is still here may need what they remove. */
    waiting: z.array(z.strictObject({ name: z.string(), neededBy: z.string() })),
    faults: z.array(z.string()),
    /** What they cost whoever works meanwhile, or may surprise them. */
    warnings: z.array(z.string()).optional(),
  }),
  budget: BudgetStage,
  expectedSeconds: z.number(),
  /** The phase after which only forward is possible: `contract` when there is one, else none. */
  pointOfNoReturn: RolloutPhase.nullable(),
  /** Why it would be refused; empty when it would not. */
  refusals: z.array(z.string()),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

/** One line of the release history: append-only, each line carries the hash of the one before. */
export const HistoryEntry = z.strictObject({
  seq: z.int(),
  at: z.string(),
  kind: z.enum(['planned', 'started', 'phase', 'gate', 'order', 'read-back', 'ended']),
  rollout: z.string(),
  who: z.string(),
  why: z.string().optional(),
  data: z.record(z.string(), z.json()),
  /** SHA-256 of the entry before, `0` x 64 for the first. */
  previous: z.string(),
  /** SHA-256 over this entry without this field, keys in order. */
  hash: z.string(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

export const ScaleRequest = z.strictObject({
  /** Zone -> stamps wanted there; a region's name stands for each of its zones. */
  targets: z.record(z.string(), z.int().min(1)),
  owner: z.string().min(1).max(100),
  reason: Words.optional(),
});
export type ScaleRequest = z.infer<typeof ScaleRequest>;

export const ScaleAnswer = z.strictObject({
  changed: z.boolean(),
  message: z.string(),
  zones: z.record(z.string(), z.int()),
});
export type ScaleAnswer = z.infer<typeof ScaleAnswer>;
