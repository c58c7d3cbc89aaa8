import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { listWanted } from '@alwayson/core/rollout/gate-asking.ts';
import {
  enterStep,
  firstGateMemory,
  type GateMemory,
  gateMemoryFormat,
  noteFacts,
} from '@alwayson/core/rollout/gate-memory.ts';
import { type GateFlow, type GateRules, toGateRules } from '@alwayson/core/rollout/gate-rules.ts';
import { judgeGate } from '@alwayson/core/rollout/judge-gate.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import { toGateEvidence } from '@alwayson/core/rollout/to-gate-evidence.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { z } from 'zod';
import { type AskTarget, createGateAsker } from './gate-asker.ts';
import { collectFacts, type GateSources } from './gate-facts.ts';
import { createGateMetrics, type MetricsTarget } from './gate-metrics.ts';
import { livingRegions } from './observe-rollout.ts';
import type { RolloutGate } from './rollout-tools.ts';

export interface GateWatchContext extends GateSources {
  /** Of a release that is on disk. */
  manifestOf: (release: string) => Manifest;
}

/** What cannot be read, or has another form, is as good as nothing: the step is then looked at anew. */
const Memory = z
  .custom<GateMemory>((value) => z.object({ format: z.literal(gateMemoryFormat) }).safeParse(value).success)
  .nullable()
  .catch(null);

/** Looks at a rollout each second, from its first moment on: what was before is what the release is compared with. */
export function createGateWatch(context: GateWatchContext): RolloutGate {
  const { environment, now } = context;
  const asker = createGateAsker(environment.tokens.probe);
  const metrics = createGateMetrics(now);

  const remember = (value: unknown, state: RolloutState): GateMemory => {
    const known = Memory.parse(value);
    return known?.rollout === state.program.id ? known : firstGateMemory(state.program.id, now());
  };

  return {
    look(value, state) {
      const before = remember(value, state);
      const { program } = state;
      if (program.release === '' || state.end !== null || state.undoing !== null) {
        asker.want([]);
        return { memory: before, gate: null, blindMs: 0 };
      }
      const manifest = context.manifestOf(program.release);
      const bakeMs = (program.steps[state.step]?.bakeSeconds ?? 0) * 1000;
      const rules = toGateRules(manifest, bakeMs);
      const { signals } = rules;
      const entered = enterStep(before, { parts: JSON.stringify(state.parts), rules, now: now() });
      // What was asked in the step before says nothing of this one.
      const taken = asker.take();
      const answers = entered === before ? taken : [];
      const facts = { ...collectFacts(context, program), readings: metrics.readings(), answers };
      const memory = noteFacts(entered, facts, signals);
      metrics.read(listMetrics(context, program, rules), { isNow: entered !== before });
      if (!isLookedAt(state)) {
        asker.want([]);
        return { memory, gate: null, blindMs: 0 };
      }
      const living = livingRegions(context);
      const regions = living.filter((region) => (state.parts[region] ?? 0) > 0);
      const evidence = toGateEvidence(memory, facts, { release: program.release, signals, regions });
      const blindMs = Math.max(0, memory.counts.gapMs - memory.awayMs);
      const lookMs = bakeMs + blindMs;
      const isBaking = state.phase === 'bake';
      const wanted = isBaking ? listWanted(memory, rules, { now: now(), bakeMs: lookMs }) : [];
      asker.want(listTargets(context, state, { wanted, living }));
      const final = isBaking && now() - state.since >= lookMs;
      const synthetic = memory.synthetic.reduce((sum, { good, bad }) => sum + good + bad, 0);
      return { memory, gate: { ...judgeGate(evidence, rules, { final }), synthetic }, blindMs };
    },
    async close() {
      asker.close();
      await metrics.close();
    },
  };
}

/** From the first part of the traffic until nothing leads back any more. */
function isLookedAt({ phase, parts }: RolloutState): boolean {
  const hasTraffic = Object.values(parts).some((part) => part > 0);
  return hasTraffic && (phase === 'shift' || phase === 'bake' || phase === 'settle');
}

/** The components that a declared signal is of, at every stamp of both releases. */
function listMetrics(
  { stamps }: GateWatchContext,
  program: RolloutState['program'],
  { signals }: GateRules,
): MetricsTarget[] {
  const components = [...Map.groupBy(signals, ({ component }) => component)];
  return stamps()
    .filter(({ release }) => release === program.release || release === program.from)
    .flatMap(({ id, address, ports }) =>
      components.flatMap(([component, own]) => {
        const port = ports[component];
        const read = own.map(({ metric }) => metric);
        return port === undefined ? [] : [{ stamp: id, component, address, port, metrics: read }];
      }),
    );
}

/** Every wanted flow at every stamp, through every living gateway; of the old release those flows that it has too. */
function listTargets(
  { environment, stamps, manifestOf }: GateWatchContext,
  { program }: RolloutState,
  { wanted, living }: { wanted: readonly GateFlow[]; living: readonly string[] },
): AskTarget[] {
  if (wanted.length === 0) return [];
  const known = new Set(manifestOf(program.from).flows.map(({ name }) => name));
  const port = environment.frontDoor.port;
  const gateways = toRegions(environment)
    .filter(({ name }) => living.includes(name))
    .map((region) => ({ address: gatewayZone(region).address, port }));
  const listOf = (stamp: StampPlan, side: AskTarget['side']) =>
    wanted
      .filter(({ name }) => side === 'candidate' || known.has(name))
      .flatMap(({ name, probePath }) =>
        probePath === null
          ? []
          : gateways.map((gateway) => ({
              gateway,
              stamp: stamp.id,
              side,
              region: stamp.region,
              flow: name,
              path: probePath,
            })),
      );
  return stamps().flatMap((stamp) => {
    if (stamp.release === program.release) return listOf(stamp, 'candidate');
    return stamp.release === program.from ? listOf(stamp, 'live') : [];
  });
}
