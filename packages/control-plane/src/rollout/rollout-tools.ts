import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { GateResult, LossReport, Release, RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { WebhookAnswer } from '@alwayson/core/rollout/rollout-observation.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { RolloutRequest } from './rollout-record.ts';

export interface PreparedRollout {
  release: Release;
  plan: RolloutPlan;
}

/** What a rollout needs done. Each may be called again after a crash, and then does only what is left. A throw is its failure. */
export interface RolloutTools {
  /** Files, packages, builds, plan; throws when the plan has refusals. */
  prepare(request: RolloutRequest, signal: AbortSignal): Promise<PreparedRollout>;
  expand(release: string): Promise<void>;
  contract(release: string, names: readonly string[]): Promise<void>;
  warm(stamps: readonly StampPlan[], manifest: Manifest, signal: AbortSignal): Promise<void>;
  smoke(stamps: readonly StampPlan[], manifest: Manifest, signal: AbortSignal): Promise<void>;
  /** Every stamp, asked through every living gateway, is the release, and so is what users get. */
  prove(stamps: readonly StampPlan[], signal: AbortSignal): Promise<void>;
}

/** The step's gate. Its memory is plain JSON that the caller keeps. */
export interface RolloutGate {
  look(
    memory: unknown,
    state: RolloutState,
  ): { memory: unknown; gate: Omit<GateResult, 'at' | 'step'> | null; blindMs: number };
  close(): Promise<void>;
}

/** Open-loop requests at the front door while a rollout runs. */
export interface RolloutProber {
  /** Runs from the first look on; returns what is known. */
  look(memory: unknown): unknown;
  stop(memory: unknown): unknown;
}

export interface RolloutWatchers {
  gate: RolloutGate;
  prober: RolloutProber;
  /** What the outside says of going on from this phase. */
  webhook(state: RolloutState): { answer: WebhookAnswer; rollbackAsked: string | null };
  measureLoss(span: { startedAt: number; endedAt: number }, prober: unknown): Promise<LossReport>;
}
