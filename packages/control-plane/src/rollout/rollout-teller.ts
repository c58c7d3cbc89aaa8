import type { Order } from '@alwayson/core/rollout/rollout-observation.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import { toRolloutReport } from '@alwayson/core/rollout/to-rollout-report.ts';
import type { HistoryEntry, LossReport, TrafficStep } from '@alwayson/protocol/releases.ts';
import { z } from 'zod';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { ReleaseHistory } from './release-history.ts';
import { toRolloutOperation } from './rollout-operation.ts';
import type { ReadBack } from './read-back.ts';
import type { RolloutRecord, RolloutRequest } from './rollout-record.ts';
import type { SmokeResult } from './smoke-stamp.ts';
import type { WebhookWatch } from './webhook-watch.ts';

export interface RolloutTeller {
  tellBegin(state: RolloutState, request: RolloutRequest): void;
  /** What is new between two looks: events, history, and the operation that people follow. */
  tell(before: RolloutState, after: RolloutState): void;
  /** The live release became another one. */
  tellLive(digest: string): void;
  tellOrder(state: RolloutState, order: Order): void;
  tellEnd(state: RolloutState, loss: LossReport | null): Promise<void>;
  onSmoke(results: readonly SmokeResult[]): void;
  onProof(release: string, proof: ReadBack): void;
}

export interface TellerContext {
  journal: SqliteJournal;
  history: ReleaseHistory;
  record: RolloutRecord;
  store: ReleaseStore;
  /** Those outside who want to hear of events. */
  webhooks: Pick<WebhookWatch, 'tell'>;
  /** Removes releases that nobody needs any more. */
  tidy: (live: string, previous: string) => Promise<void>;
  now: () => number;
}

/** Tells people, and those who come later, what a rollout does: each fact once. */
export function createRolloutTeller(context: TellerContext): RolloutTeller {
  const { journal, history, now } = context;
  const ownerOf = () => context.record.requests().current?.owner ?? 'alwayson';

  const put = (state: RolloutState, loss: LossReport | null, isClosed: boolean) =>
    journal.put(toRolloutOperation(state, toRolloutReport(state, { loss, isClosed }, now()), isClosed));

  const event = (state: RolloutState, input: News) => {
    const { id } = state.program;
    journal.event({ severity: 'info', entity: id, operation: id, ...input });
    const isBad = input.severity !== undefined && input.severity !== 'info';
    context.webhooks.tell(state, input.message, isBad ? 'Warning' : 'Normal');
  };

  const readBack = (found: unknown) => {
    const rollout = context.record.progress().state?.program.id ?? '';
    history.append({ kind: 'read-back', rollout, who: 'alwayson', data: toData(found) });
  };

  const tellGates = (before: RolloutState, after: RolloutState) => {
    for (const gate of after.gates) {
      if (before.gates.some(({ step, at }) => step === gate.step && at === gate.at)) continue;
      const data = toData(gate);
      history.append({ kind: 'gate', rollout: after.program.id, who: 'alwayson', data });
    }
  };

  return {
    tellBegin(state, request) {
      const { kind, fromVersion, from, version } = state.program;
      const source = request.source?.source ?? null;
      history.append({
        kind: 'started',
        rollout: request.id,
        who: request.owner,
        ...(request.reason === undefined ? {} : { why: request.reason }),
        data: toData({ kind, version, from, fromVersion, source }),
      });
      put(state, null, false);
      event(state, { type: 'rollout.started', message: `A ${kind} of ${version} begins.` });
    },
    tell(before, after) {
      const { program } = after;
      if (before.program.release === '' && program.release !== '') {
        const { release, version, steps, contract } = program;
        const data = toData({ release, version, steps, contract });
        history.append({ kind: 'planned', rollout: program.id, who: ownerOf(), data });
      }
      tellGates(before, after);
      if (before.entered.length !== after.entered.length) {
        const { phase, step, parts, undoing } = after;
        const data = { phase, step, parts: { ...parts }, undoing };
        history.append({ kind: 'phase', rollout: program.id, who: 'alwayson', data });
      }
      for (const news of listNews(before, after)) event(after, news);
      put(after, null, false);
    },
    tellLive(digest) {
      const version = context.store.find(digest)?.version ?? digest.slice(0, 12);
      const message = `Release ${version} is live.`;
      journal.event({ severity: 'info', type: 'release.live', entity: version, message });
    },
    tellOrder(state, { order, owner, reason }) {
      const why = reason === undefined ? {} : { why: reason };
      history.append({ kind: 'order', rollout: state.program.id, who: owner, ...why, data: { order } });
    },
    onSmoke: (results) => readBack({ smoke: results }),
    onProof: (release, proof) => readBack({ release, proof }),
    async tellEnd(state, loss) {
      const report = toRolloutReport(state, { loss, isClosed: true }, now());
      const data = toData(report);
      history.append({ kind: 'ended', rollout: state.program.id, who: 'alwayson', data });
      put(state, loss, true);
      event(state, toEndNews(state, report.live));
      const isGood = state.end?.state === 'succeeded';
      await context.tidy(state.end?.live ?? state.program.from, isGood ? state.program.from : '');
    },
  };
}

interface News {
  type: string;
  message: string;
  severity?: 'info' | 'warning' | 'error';
}

function listNews(before: RolloutState, after: RolloutState): News[] {
  const { version } = after.program;
  const news: News[] = [];
  const step = after.program.steps[after.step];
  if (before.entered.length !== after.entered.length && after.phase === 'bake' && step !== undefined) {
    const message = `${version} has ${toPercents(step)}.`;
    news.push({ type: 'rollout.step', message });
  }
  if (before.undoing === null && after.undoing !== null) {
    const message = `${version} is taken back: ${after.undoing}.`;
    news.push({ severity: 'error', type: 'rollout.undoing', message });
  }
  if (before.hold?.reason !== after.hold?.reason && after.hold !== null) {
    const message = `${version} is held: ${after.hold.text}.`;
    news.push({ severity: 'warning', type: 'rollout.held', message });
  }
  return news;
}

function toPercents({ parts }: TrafficStep): string {
  const percents = Object.entries(parts).map(([region, part]) => `${Math.round(part * 100)} % of ${region}`);
  return percents.join(', ');
}

function toEndNews({ program, end }: RolloutState, live: string | undefined): News {
  if (end?.state === 'succeeded')
    return { type: 'rollout.succeeded', message: `Release ${program.version} is live in all regions.` };
  const message = `Release ${program.version} was taken back; ${live ?? 'the one before'} is live.`;
  return { severity: 'error', type: `rollout.${end?.state ?? 'failed'}`, message };
}

const Data = z.record(z.string(), z.json());

/** As it would be read back: what is undefined is not there. */
function toData(value: unknown): HistoryEntry['data'] {
  return Data.parse(JSON.parse(JSON.stringify(value)));
}
