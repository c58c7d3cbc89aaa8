import {
  HistoryCheck,
  type HistoryQuery,
  type PreviewRequest,
  PreviewToken,
  ReleaseHistory,
  RolloutPlanning,
} from '@alwayson/protocol/release-api.ts';
import {
  type DeployRequest,
  type HistoryEntry,
  ListedRelease,
  type RollbackRequest,
  type RolloutOrder,
  RolloutPlan,
  RolloutReport,
  ScaleAnswer,
  type ScaleRequest,
} from '@alwayson/protocol/releases.ts';
import { z } from 'zod';
import type { RequestOptions } from './request.ts';

/** What the control plane is asked about releases. */
export interface ReleaseClient {
  /** Newest first. */
  releases(): Promise<ListedRelease[]>;
  /** By version, digest or its beginning. */
  release(ref: string): Promise<ListedRelease>;
  /** The one with this id; without one that which runs, else that which ended last (AON_ROLLOUT_NONE when there was none). */
  rollout(id?: string): Promise<RolloutReport>;
  /** Newest last. */
  releaseHistory(query: HistoryQuery): Promise<HistoryEntry[]>;
  verifyReleaseHistory(): Promise<HistoryCheck>;
  /** Begins to make a plan; `planning` tells when it is made. */
  plan(request: DeployRequest): Promise<RolloutPlanning>;
  planning(id: string): Promise<RolloutPlanning>;
  planRollback(request: RollbackRequest): Promise<RolloutPlan>;
  deploy(request: DeployRequest): Promise<RolloutReport>;
  rollback(request: RollbackRequest): Promise<RolloutReport>;
  order(request: RolloutOrder): Promise<RolloutReport>;
  scale(request: ScaleRequest): Promise<ScaleAnswer>;
  preview(request: PreviewRequest): Promise<PreviewToken>;
}

export type Ask = <T>(
  schema: z.ZodType<T>,
  path: string,
  options?: Omit<RequestOptions, 'token'>,
) => Promise<T>;

/** The control plane compares schemas and capacity before it answers these. */
const changeTimeoutMs = 60_000;

export function createReleaseClient(ask: Ask): ReleaseClient {
  const change = <T>(schema: z.ZodType<T>, path: string, body: unknown) =>
    ask(schema, path, { method: 'POST', body, timeoutMs: changeTimeoutMs });
  return {
    releases: () => ask(z.array(ListedRelease), '/releases'),
    release: (ref) => ask(ListedRelease, `/releases/${encodeURIComponent(ref)}`),
    rollout: (id) =>
      ask(RolloutReport, id === undefined ? '/rollout' : `/rollouts/${encodeURIComponent(id)}`),
    releaseHistory: ({ release, rollout, limit }) => {
      const query = new URLSearchParams({
        ...(release === undefined ? {} : { release }),
        ...(rollout === undefined ? {} : { rollout }),
        limit: `${limit}`,
      });
      return ask(ReleaseHistory, `/release-history?${query.toString()}`);
    },
    verifyReleaseHistory: () => ask(HistoryCheck, '/release-history/verify', { timeoutMs: changeTimeoutMs }),
    plan: (body) => change(RolloutPlanning, '/releases/plan', body),
    planning: (id) => ask(RolloutPlanning, `/releases/plans/${encodeURIComponent(id)}`),
    planRollback: (body) => change(RolloutPlan, '/rollback/plan', body),
    deploy: (body) => change(RolloutReport, '/releases/deploy', body),
    rollback: (body) => change(RolloutReport, '/rollback', body),
    order: (body) => change(RolloutReport, '/rollout/order', body),
    scale: (body) => change(ScaleAnswer, '/scale', body),
    preview: (body) => change(PreviewToken, '/previews', body),
  };
}
