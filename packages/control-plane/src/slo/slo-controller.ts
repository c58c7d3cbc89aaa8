import { observerZone, type RegionPlan, toRegions } from '@alwayson/core/estate/topology.ts';
import { toBurnPairs } from '@alwayson/core/slo/burn-rate.ts';
import { reportSlo } from '@alwayson/core/slo/report-slo.ts';
import { createTrafficLedger } from '@alwayson/core/slo/traffic-ledger.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { SloReport } from '@alwayson/protocol/slo.ts';
import type { MaintenanceSpan } from '@alwayson/protocol/switches.ts';
import { bucketSeconds, historyPath, TrafficHistory } from '@alwayson/protocol/traffic.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { requestJson } from '../signals/request-json.ts';

export interface SloController extends Controller {
  /** The figures of the last ten seconds; null until the histories of all observers that answer were read. */
  report(): SloReport | null;
}

export interface SloContext extends ControllerContext {
  /** Since when the objectives are promised, in ms; null as long as they are not. */
  promisedSince(): number | null;
  maintenance(): readonly MaintenanceSpan[];
  incidentOpen(): boolean;
  /** A release is on its way. */
  deploymentRunning(): boolean;
}

const daySeconds = 86_400;
/** Slices of the last minute may still grow: they are read again. */
const unsettledSeconds = 60;
const pagesMax = 4;
/** Observers write a slice down this long after it ended, at the latest. */
const writtenAfterSeconds = 2;
/** An observer that is silent for this long no longer holds up the figures; what it knows is read when it is back. */
const patienceMs = 60_000;

interface Reader {
  region: RegionPlan;
  /** Its history is read up to here. */
  readTo: number;
  answeredAt: number;
}

/** Reads the observers' histories as they grow and measures every objective from them, each ten seconds. */
export function createSloController(context: SloContext): SloController {
  let measuring: ReturnType<typeof createMeasuring> | null = null;
  return {
    name: 'slo',
    async tick() {
      const since = context.promisedSince();
      if (since === null) return;
      measuring ??= createMeasuring(context, toSlice(since / 1000));
      await measuring.tick();
    },
    close: async () => {},
    report: () => measuring?.report() ?? null,
  };
}

/** All that is counted, from a slice on. */
function createMeasuring(context: SloContext, since: number) {
  const { environment, manifest, now } = context;
  const regions = toRegions(environment);
  const flows = manifest.flows.map(({ name, objective }) => ({ name, latencyP99Ms: objective.latencyP99Ms }));
  const ledger = createTrafficLedger(
    regions.map(({ name }) => name),
    flows,
  );
  const windowSeconds = manifest.objectives.windowDays * daySeconds;
  const keptSeconds = toBurnPairs(manifest.objectives.windowDays).at(-1)?.longSeconds ?? 3 * daySeconds;
  const toWindowStart = (at: number) => Math.max(since, at - windowSeconds);
  const first = toSlice(toWindowStart(now() / 1000));
  const readers = regions.map((region): Reader => ({ region, readTo: first, answeredAt: now() }));
  let measuredAt = Number.NEGATIVE_INFINITY;
  let report: SloReport | null = null;

  /** How far everybody's history is read, of whom anything is still to be expected. Hours are summed up behind it. */
  const slowest = (to: number) => {
    const heard = readers.filter(({ answeredAt }) => now() - answeredAt <= patienceMs);
    return Math.min(to, ...heard.map(({ readTo }) => readTo));
  };

  const read = async (reader: Reader, to: number) => {
    const zone = observerZone(reader.region);
    if (context.placement.observe(zone.name).contact !== 'connected') return;
    for (let page = 0; page < pagesMax && reader.readTo < to; page += 1) {
      const from = Math.max(first, reader.readTo - unsettledSeconds);
      const url = `http://${zone.address}:${zonePorts.observer}${historyPath}?from=${from}&to=${to}`;
      const token = environment.tokens.agents;
      const history = await requestJson(TrafficHistory, { url, token, timeoutMs: 5000 });
      ledger.add(history);
      reader.answeredAt = now();
      if (history.to <= reader.readTo) break;
      reader.readTo = history.to;
    }
  };

  const measure = (at: number) => {
    const maintenance = context
      .maintenance()
      .filter(({ target }) => target.kind === 'workload')
      .map(({ from, to }) => ({ from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 }));
    const moment = {
      now: at,
      since,
      maintenance,
      incidentOpen: context.incidentOpen(),
      deploymentRunning: context.deploymentRunning(),
    };
    report = reportSlo(manifest, ledger, moment);
  };

  return {
    async tick() {
      if (now() - measuredAt < bucketSeconds * 1000 - 100) return;
      measuredAt = now();
      const at = now() / 1000;
      const written = toSlice(at - writtenAfterSeconds);
      // Nobody reads far ahead of the slowest: its slices would have to be kept.
      const to = Math.min(written, slowest(written) + daySeconds);
      const results = await Promise.allSettled(readers.map((reader) => read(reader, to)));
      const known = slowest(to);
      ledger.close({ from: toWindowStart(known), to: known, slicesFrom: known - keptSeconds });
      if (to < written) measuredAt = Number.NEGATIVE_INFINITY;
      else if (known >= to) measure(at);
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
    report: () => report,
  };
}

function toSlice(seconds: number): number {
  return Math.floor(seconds / bucketSeconds) * bucketSeconds;
}
