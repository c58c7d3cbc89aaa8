import { decideShares } from '@alwayson/core/shares/decide-shares.ts';
import {
  type CommittedRouting,
  firstShareMemory,
  type ShareMemory,
} from '@alwayson/core/shares/share-memory.ts';
import type { RouteShed } from '@alwayson/protocol/routes.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { z } from 'zod';
import type { Controller, ControllerContext } from '../controller.ts';
import { type ShareFacts, toShareEvidence } from './to-share-evidence.ts';

const recordName = 'shares';
/** What is remembered between two changes of routing is worth little: it is written down now and then. */
const saveEveryMs = 60_000;

/** What the gateways are to do. */
export interface Routing extends Pick<CommittedRouting, 'weights' | 'pools' | 'detours' | 'rollout'> {
  shed: readonly RouteShed[];
}

export interface SharesController extends Controller {
  /** Null before the first decision. */
  report(): SharesReport | null;
  routing(): Routing | null;
  /** Stamps that are worse than their siblings in the eyes of users, though they do not say so. */
  grayStamps(): ReadonlySet<string>;
}

export interface SharesContext extends ControllerContext {
  /** Of which `up` the environment runs: what a stamp did before a stop is not held against it. */
  intent: string;
  facts(): ShareFacts;
  /** Routes changed: the gateways should know at once. */
  nudge(): void;
}

/** Plain JSON of `core/src/shares`. What cannot be read is as good as nothing: everything in it can be observed anew. */
const Memory = z.custom<ShareMemory>(
  (value) => typeof value === 'object' && value !== null && 'stamps' in value && 'routing' in value,
);
const Saved = z
  .strictObject({ intent: z.string(), memory: Memory })
  .catch({ intent: '', memory: firstShareMemory });

/** Decides every second which part of the traffic each stamp gets, and remembers why. */
export function createSharesController(context: SharesContext): SharesController {
  const { records, journal, now, intent } = context;
  const read = () => records.read(recordName, Saved, { intent, memory: firstShareMemory });
  const saved = read().value;
  let memory = saved.intent === intent ? saved.memory : firstShareMemory;
  let report: SharesReport | null = null;
  let savedAt = now();

  const save = () => {
    records.commit(recordName, read().version, { intent, memory });
    savedAt = now();
  };

  const tell = (before: SharesReport | null, after: SharesReport) => {
    const { cause, generation, overflow, shed, detours, pools } = after;
    if (before?.generation !== generation) {
      // Why, for who reads it later: the report itself is gone by then.
      const bad = after.stamps
        .filter((stamp) => stamp.class !== 'ok')
        .map(({ id, class: found, reason, standing }) => ({
          id,
          class: found,
          reason,
          standing: standing.kind,
        }));
      const data = { generation, cause, weights: memory.routing?.weights, detours, pools, bad };
      const message = `Shares changed: ${describeCause(cause)}.`;
      journal.event({ severity: 'info', type: 'shares.changed', entity: 'shares', message, data });
    }
    if (overflow > 0 && !((before?.overflow ?? 0) > 0)) {
      const message = `Good stamps cannot carry the load: ${overflow} requests/s go to bad ones.`;
      journal.event({ severity: 'warning', type: 'shares.overflow', entity: 'shares', message });
    }
    if (shed > 0 && !((before?.shed ?? 0) > 0)) {
      const message = `All stamps together lack capacity for ${shed} requests/s.`;
      journal.event({ severity: 'error', type: 'shares.shed', entity: 'shares', message });
    }
    tellRefused(before, after);
    for (const { stamp, text } of after.findings) {
      if (before?.findings.some((known) => known.stamp === stamp && known.text === text)) continue;
      journal.event({ severity: 'warning', type: 'stamp.finding', entity: stamp, message: text });
    }
  };

  const tellRefused = (before: SharesReport | null, after: SharesReport) => {
    const { refused, shed, overflow } = after;
    const what = describeRefused(after);
    if (what === describeRefused(before)) return;
    const data = { refused, shed, overflow };
    const isOver = refused.length === 0;
    const message = isOver
      ? 'No flow is refused any more.'
      : `Refused for lack of capacity, so that more critical flows are served: ${what}.`;
    const severity = isOver ? 'info' : 'warning';
    journal.event({ severity, type: 'shares.refused', entity: 'shares', message, data });
  };

  return {
    name: 'shares',
    async tick() {
      const facts = context.facts();
      if (facts.stamps.length === 0) return;
      const before = report;
      const generation = memory.routing?.generation;
      const decided = decideShares(memory, toShareEvidence(facts), facts.now);
      memory = decided.memory;
      report = decided.decision;
      const isOtherRefused = describeRefused(report) !== describeRefused(before);
      const changed = memory.routing?.generation !== generation || isOtherRefused;
      if (changed || now() - savedAt >= saveEveryMs) save();
      tell(before, report);
      if (changed) context.nudge();
    },
    close: async () => {},
    report: () => report,
    routing: () => {
      // What the last process refused is known again with the first decision: until then gateways keep what they have.
      if (memory.routing === null || report === null) return null;
      return { ...memory.routing, shed: report.refused.map(({ flow, part }) => ({ flow, part })) };
    },
    grayStamps: () =>
      new Set(
        (report?.findings ?? []).flatMap(({ kind, stamp }) => (kind === 'model-blind-spot' ? [stamp] : [])),
      ),
  };
}

function describeRefused(report: SharesReport | null): string {
  const refused = report?.refused ?? [];
  return refused.map(({ flow, part }) => `${Math.round(part * 100)} % of ${flow}`).join(', ');
}

function describeCause({ kind, stamps, release, region, dependencies }: SharesReport['cause']): string {
  const which = stamps.join(', ');
  switch (kind) {
    case 'none':
      return 'every stamp is good';
    case 'release':
      return `release ${release ?? ''} is bad (${which})`;
    case 'region':
      return `region ${region ?? ''} is bad (${which})`;
    case 'shared':
      return `${dependencies.join(', ')} is bad for everybody, which evicts nobody`;
    case 'differential':
      return `${which} cannot use ${dependencies.join(', ')}, which others can`;
    case 'all-bad':
      return 'no stamp is good';
    case 'stamp':
    case 'independent':
      return `${which} bad`;
  }
}
