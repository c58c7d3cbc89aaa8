import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { GateResult, Release, RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { LossReporter } from './loss-report.ts';
import type { ReleaseProber } from './release-prober.ts';
import type { RolloutRequest } from './rollout-record.ts';
import type { WebhookWatch } from './webhook-watch.ts';

export interface PreparedRollout {
  release: Release;
  plan: RolloutPlan;
}

/** What a rollout needs done. Each may be called again after a crash, and then does only what is left. A throw is its failure. */
export interface RolloutTools {
  /** Files, packages, builds, plan; throws when the plan has refusals. */
  prepare(request: RolloutRequest, signal: AbortSignal): Promise<PreparedRollout>;
  expand(release: string, signal: AbortSignal): Promise<void>;
  contract(release: string, names: readonly string[], signal: AbortSignal): Promise<void>;
  warm(stamps: readonly StampPlan[], manifest: Manifest, signal: AbortSignal): Promise<void>;
  smoke(stamps: readonly StampPlan[], manifest: Manifest, signal: AbortSignal): Promise<void>;
  /** Every stamp, asked through every living gateway, is the release, and so is what users get. */
  prove(stamps: readonly StampPlan[], signal: AbortSignal): Promise<void>;
}

/** The step's gate. Its memory is plain JSON that the caller keeps. */
export interface RolloutGate {
  look(memory: unknown, state: RolloutState): GateLook;
  close(): Promise<void>;
}

export interface GateLook {
  memory: unknown;
  /** Null before there are stamps to judge. */
  gate: Omit<GateResult, 'at' | 'step'> | null;
  blindMs: number;
}

export interface RolloutWatchers {
  gate: RolloutGate;
  prober: ReleaseProber;
  webhooks: WebhookWatch;
  losses: LossReporter;
}
