import { setTimeout as sleep } from 'node:timers/promises';
import { observerZone, type RegionPlan, toRegions } from '@alwayson/core/estate/topology.ts';
import type { ProberState } from '@alwayson/core/rollout/probe-tally.ts';
import {
  addHistory,
  addLosses,
  type LossSpans,
  type LossSums,
  noLosses,
  type RolloutTime,
  toLossReport,
  toLossSpans,
} from '@alwayson/core/rollout/sum-losses.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { LossReport } from '@alwayson/protocol/releases.ts';
import { historyPath, TrafficHistory } from '@alwayson/protocol/traffic.ts';
import type { ControllerContext } from '../controller.ts';
import { requestJson } from '../signals/request-json.ts';

export interface LossReporter {
  /**
   * What a rollout that has ended cost its users. Waits until observers have written what came after it, some 30 s from its end; one
   * that does not answer by then is missing in the coverage. Throws only what the signal says.
   */
  measure(time: RolloutTime, prober: ProberState | null, signal: AbortSignal): Promise<LossReport>;
}

/** Observers write a slice down this long after it ended, at the latest. */
const writtenAfterMs = 2000;
/** One that is back within this time is still heard. */
const patienceMs = 15_000;
const againMs = 1000;
/** However late it is: one lost connection says nothing of an observer. */
const triesMin = 3;
const pagesMax = 500;

export function createLossReport(context: Pick<ControllerContext, 'environment' | 'now'>): LossReporter {
  const { environment, now } = context;
  const regions = toRegions(environment);

  /** The history of one gateway, page by page; what is not told by the deadline is left out. */
  const read = async (region: RegionPlan, spans: LossSpans, signal: AbortSignal): Promise<LossSums> => {
    const to = spans.after.to;
    const deadline = to * 1000 + writtenAfterMs + patienceMs;
    let sums = noLosses;
    let from = spans.before.from;
    let tries = 0;
    for (let pages = 0; from < to && pages < pagesMax; ) {
      const url = `http://${observerZone(region).address}:${zonePorts.observer}${historyPath}?from=${from}&to=${to}`;
      const asked = { url, token: environment.tokens.agents, timeoutMs: 5000 };
      const history = await requestJson(TrafficHistory, asked).catch(() => null);
      if (history !== null && history.to > from) {
        sums = addHistory(sums, history, spans);
        from = history.to;
        pages += 1;
        tries = 0;
        continue;
      }
      tries += 1;
      if (now() >= deadline && tries >= triesMin) break;
      await sleep(againMs, undefined, { signal });
    }
    return sums;
  };

  return {
    async measure(time, prober, signal) {
      const spans = toLossSpans(time);
      const waitMs = spans.after.to * 1000 + writtenAfterMs - now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
      const told = await Promise.all(regions.map((region) => read(region, spans, signal)));
      return toLossReport(told.reduce(addLosses, noLosses), { time, regions: regions.length, prober });
    },
  };
}
