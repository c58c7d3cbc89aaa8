import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import { bucketSeconds, type TrafficHistory } from '@alwayson/protocol/traffic.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { createRequestReader, toArrivalMs } from './counted-request.ts';
import { createHistoryKeeper, type HistoryKeeper } from './history-keeper.ts';
import { addSequence, addUnanswered, countLost } from './line-sequence.ts';
import { createLogReceiver } from './log-receiver.ts';
import { renderObserverMetrics } from './observer-metrics.ts';
import type { Probers } from './probers.ts';
import { createTrafficCounters } from './traffic-counters.ts';
import { createWindowCounts } from './window-counts.ts';

export interface ObserverOptions {
  region: string;
  manifest: Manifest;
  /** Where the gateway's log lines arrive (UDP). */
  logAddress: { address: string; port: number };
  /** Where counters and history survive a restart. */
  historyFile: string;
  /** Is told of every line after it was counted; must not throw. */
  onLine?: (line: GatewayLine) => void;
  startProbers: (onResult: HistoryKeeper['coverage']['addProbe']) => Probers;
  log: AgentLog;
}

export interface Observer {
  observe(): Observation;
  history(from: number, to: number): TrafficHistory;
  metrics(): string;
  close(): Promise<void>;
}

/** History is kept at least this long, however short the objective's window. */
const retentionDaysMin = 30;
/** A slice is written when most of its lines have come; those that come later are added. */
const saveAfterSliceMs = 500;

/** Counts what the gateway of a region logged and asks the front door from outside, with a life of its own. */
export async function createObserver(options: ObserverOptions): Promise<Observer> {
  const { region, manifest, logAddress, historyFile, startProbers, log } = options;
  const retentionDays = Math.max(retentionDaysMin, manifest.objectives.windowDays);
  const keeper = createHistoryKeeper({ file: historyFile, region, retentionDays, log, nowMs: Date.now() });
  const { coverage } = keeper;
  const { countersSince, sequences, totals } = keeper.counters;
  const sinceSeconds = Date.parse(countersSince) / 1000;
  const flows = manifest.flows.map(({ name, objective }) => ({
    name,
    latencyObjectiveMs: objective.latencyP99Ms,
  }));
  const readRequest = createRequestReader(flows);
  const counters = createTrafficCounters(
    flows.map(({ name }) => name),
    totals,
  );
  const windows = createWindowCounts();
  const windowsSince = new Date().toISOString();

  const take = (line: GatewayLine) => {
    const nowMs = Date.now();
    // A process that started after we began to count has no line from before.
    const fresh = Number.parseInt(line.boot, 10) > sinceSeconds;
    addSequence(sequences, line, { fresh, nowMs });
    coverage.addLine({ atMs: toArrivalMs(line, nowMs), isUser: !line.synthetic }, nowMs);
    if (line.synthetic) {
      counters.addSynthetic();
      return;
    }
    const request = readRequest(line, nowMs);
    counters.add(request, nowMs);
    windows.add(request, nowMs);
    keeper.add(request, nowMs);
  };
  const onLine = (line: GatewayLine) => {
    take(line);
    options.onLine?.(line);
  };
  const receiver = await createLogReceiver({
    ...logAddress,
    onLine,
    onUnanswered: (told) => coverage.addUnanswered(addUnanswered(sequences, told), Date.now()),
  });
  coverage.listen(Date.now());
  const probers = startProbers(coverage.addProbe);

  const save = () => keeper.save({ countersSince, totals: counters.totals, sequences }, Date.now());
  let timer = setTimeout(saveSlice, toNextSaveMs());
  function saveSlice(): void {
    timer = setTimeout(saveSlice, toNextSaveMs());
    save();
  }

  const observe = (): Observation => ({
    region,
    at: new Date().toISOString(),
    countersSince,
    flows: counters.toFlows(Date.now()),
    ...probers.results(),
    windows: windows.toWindows(Date.now()),
    windowsSince,
    linesLost: countLost(sequences),
  });

  return {
    observe,
    history: keeper.read,
    metrics: () =>
      renderObserverMetrics({
        observation: observe(),
        totals: counters.totals,
        slices: coverage.closedSlices(),
        historyBytes: keeper.bytes,
      }),
    async close() {
      clearTimeout(timer);
      probers.close();
      await receiver.close();
      save();
      keeper.close();
    },
  };
}

function toNextSaveMs(): number {
  const sliceMs = bucketSeconds * 1000;
  return sliceMs - ((Date.now() - saveAfterSliceMs) % sliceMs);
}
