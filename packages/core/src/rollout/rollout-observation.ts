import type { GateResult } from '@alwayson/protocol/releases.ts';

/** Something that is done in the background and can be done again. */
export type Work = { kind: 'open' } | { kind: 'done' } | { kind: 'failed'; reason: string; code?: string };

export type WebhookAnswer = { kind: 'open' } | { kind: 'yes' } | { kind: 'no'; text: string };

/** What a rollout is decided from, once a second. Each answers for the phase and step that the state is in. */
export interface RolloutObservation {
  /** Files, packages, builds and plan. */
  artifact: Work;
  expand: Work;
  contract: Work;
  /** New stamps in zones that live: which are not ready, and why it is hopeless, if it is. */
  stamps: { missing: readonly string[]; hopeless: string | null };
  warm: Work;
  smoke: Work;
  /** Whether every living gateway has read back the parts that the state wants. */
  routes: { inForce: boolean; missing: readonly string[] };
  /** Whether those who are to take the traffic of the coming step could carry it. */
  capacity: { enough: boolean; text: string };
  /** Judged now; `pass` and `not-enough-data` only count when the bake is over. Null while there is nothing to judge. */
  gate: Omit<GateResult, 'at' | 'step'> | null;
  /** Time of which no gateway told, which the bake has to make up for. */
  blindMs: number;
  /** What declared webhooks say about going on from here, and whether one wants it undone. */
  webhook: WebhookAnswer;
  rollbackAsked: string | null;
  /** Whether the live record and every stamp, asked through every gateway, say the new release. */
  proof: Work;
  /** Of the stamps that are to go: no route, no session, no claim. */
  drained: { done: boolean; waitingFor: string };
  /** Their processes are gone. */
  removed: boolean;
}

export interface Order {
  order: 'promote' | 'pause' | 'resume' | 'abort';
  owner: string;
  reason?: string | undefined;
}
