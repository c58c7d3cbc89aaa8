import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { loadCounters, saveCounters } from './counter-file.ts';
import { type FlowProber, startFlowProber } from './flow-prober.ts';
import { addSequence, countLost, createLineSequences } from './line-sequence.ts';
import { renderObserverMetrics } from './observer-metrics.ts';
import { createTrafficCounters } from './traffic-counters.ts';

export interface ObserverOptions {
  region: string;
  manifest: Manifest;
  frontDoor: string;
  probeToken: string;
  /** Where the counters survive a restart. */
  counterFile: string;
  log: AgentLog;
}

export interface Observer {
  take(line: GatewayLine): void;
  observe(): Observation;
  metrics(): string;
  close(): Promise<void>;
}

const saveEveryMs = 10_000;

/** Counts what the gateway of a region logged and asks the front door from outside, with a life of its own. */
export async function createObserver(options: ObserverOptions): Promise<Observer> {
  const { region, manifest, frontDoor, probeToken, counterFile, log } = options;
  const saved = await loadCounters(counterFile, log);
  const countersSince = saved?.countersSince ?? new Date().toISOString();
  const sinceSeconds = Date.parse(countersSince) / 1000;
  const sequences = saved?.sequences ?? createLineSequences();
  const flows = manifest.flows.map(({ name, objective }) => ({
    name,
    latencyObjectiveMs: objective.latencyP99Ms,
  }));
  const counters = createTrafficCounters(flows, saved?.totals);
  const prober: FlowProber = startFlowProber({
    frontDoor,
    probeToken,
    flows: manifest.flows.flatMap(({ name, probe }) =>
      probe === undefined ? [] : [{ name, path: probe.path }],
    ),
  });
  let changed = false;

  const save = async () => {
    if (!changed) return;
    changed = false;
    const { totals } = counters;
    await saveCounters(counterFile, { format: 1, countersSince, totals, sequences }).catch(
      (error: unknown) => {
        changed = true;
        log('the counters could not be saved', { error: String(error) });
      },
    );
  };
  const timer = setInterval(() => void save(), saveEveryMs);

  const observe = (): Observation => ({
    region,
    at: new Date().toISOString(),
    countersSince,
    flows: counters.toFlows(Date.now()),
    probes: prober.results(),
    linesLost: countLost(sequences),
  });

  return {
    take(line) {
      changed = true;
      // A process that started after we began to count has no line from before.
      const fresh = Number.parseInt(line.boot, 10) > sinceSeconds;
      addSequence(sequences, line, fresh);
      counters.add(line, Date.now());
    },
    observe,
    metrics: () => renderObserverMetrics(observe(), counters.totals),
    async close() {
      clearInterval(timer);
      prober.close();
      await save();
    },
  };
}
