import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { toRegions, witnessZone } from '@alwayson/core/estate/topology.ts';
import { buildHealthModel } from '@alwayson/core/health/build-health-model.ts';
import { compileModel } from '@alwayson/core/health/compile-model.ts';
import { describeHealth, sayWhy } from '@alwayson/core/health/describe-health.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import { evaluateHealth } from '@alwayson/core/health/evaluate-health.ts';
import { explainEntity } from '@alwayson/core/health/explain-entity.ts';
import { findModelFaults } from '@alwayson/core/health/find-model-faults.ts';
import { emptyMemory, type HealthMemory } from '@alwayson/core/health/health-memory.ts';
import type { HealthModelInput } from '@alwayson/core/health/health-model-input.ts';
import type { HealthModel } from '@alwayson/core/health/health-model.ts';
import { degraded, healthy, toState, unknown } from '@alwayson/core/health/state-code.ts';
import type { HealthExplanation, HealthReport } from '@alwayson/protocol/health.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { Journal } from '../operations/journal.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import type { CacheSignals } from '../signals/cache-signals.ts';
import type { CertificateSignals } from '../signals/certificate-signals.ts';
import type { ObserverSignals } from '../signals/observer-signals.ts';
import type { StampSignals } from '../signals/stamp-signals.ts';
import type { SwitchesController } from '../switches/switches-controller.ts';
import type { HealthFacts } from './health-facts.ts';
import { judgeStamp, type StampVerdict } from './judge-stamp.ts';
import { readMemory, writeMemory } from './memory-file.ts';
import { createAside } from './stamps-aside.ts';
import { toFlags } from './to-flags.ts';
import { toHealthEvents } from './to-health-event.ts';
import { toSamples } from './to-samples.ts';

export interface HealthController extends Controller {
  /** Everything as it was last evaluated; null before the first time. */
  report(): HealthReport | null;
  /** Undefined when the model has nothing of that id. */
  explain(id: string): HealthExplanation | undefined;
  state(id: string): State;
  /** Why it is not healthy, or healthy only as far as is known; undefined when there is nothing to say. */
  reason(id: string): string | undefined;
  /** On a stamp from signals of its own, for the share decision; null when none is known. */
  verdict(stamp: string): StampVerdict | null;
}

export interface HealthContext extends ControllerContext {
  stamps: () => readonly StampPlan[];
  /** The release that serves; all stamps count alike without it. */
  live?: () => string;
  /** Stamps that are on their way out. */
  draining?: () => ReadonlySet<string>;
  database: Pick<DatabaseController, 'status' | 'doors'>;
  queue: { status(): Status['queues'] };
  routes: Pick<RoutesController, 'reports' | 'record'>;
  stampSignals: Pick<StampSignals, 'contact'>;
  observerSignals: Pick<ObserverSignals, 'observations'>;
  cacheSignals: Pick<CacheSignals, 'answer'>;
  certificateSignals: Pick<CertificateSignals, 'certificates'>;
  switches: Pick<SwitchesController, 'state'>;
  isBroughtUp(): boolean;
  /** Stamps that do worse than their siblings. */
  grayStamps?: () => ReadonlySet<string>;
  /** Who gets which part of the traffic, and who is refused. */
  shares?: () => HealthFacts['shares'];
  /** What is known outlives this process in here. */
  memoryFile: string;
}

const persistEveryMs = 30_000;
const toldUnmatchedMax = 200;
const faultsToldMax = 5;

/** Feeds the health model with what all other controllers know, keeps what it remembers, and tells what has changed. */
export function createHealthController(context: HealthContext): HealthController {
  const { journal, now, memoryFile, isBroughtUp } = context;
  const models = createModelKeeper(context);
  const look = createLook(context);
  const lookAside = createAside(toStartBudgetMs(context));
  const tellUnmatched = createUnmatchedTeller(journal);
  let memory = openMemory(context);
  let model: HealthModel | null = null;
  let described: { memory: HealthMemory; report: HealthReport } | null = null;
  let wasBroughtUp: boolean | null = null;
  let persistedAt = now();

  const evaluate = () => {
    const hasJustStarted = isBroughtUp() && wasBroughtUp === false;
    wasBroughtUp = isBroughtUp();
    // What had to start is no sign of what will fail: the estate is judged anew once it is whole.
    if (hasJustStarted) memory = emptyMemory;
    const facts = look();
    const draining = context.draining?.() ?? new Set<string>();
    const live = context.live?.();
    const isWell = (stamp: string) => wasWell(memory, stamp);
    const { aside, starting } = lookAside({ ...facts, live, draining, isWell, isBroughtUp: isBroughtUp() });
    model = models.modelOf({ stamps: facts.stamps, aside, live });
    const flags = toFlags({
      workload: facts.manifest.name,
      stamps: facts.stamps,
      switches: context.switches.state(),
      grayStamps: facts.grayStamps,
      draining,
      aside,
      starting,
    });
    const hushed = new Set([...starting].map(entityIds.stamp));
    const evaluation = evaluateHealth(model, memory, { samples: toSamples(facts), flags, now: facts.now });
    memory = evaluation.memory;
    tellUnmatched(evaluation.unmatched);
    if (!isBroughtUp() || hasJustStarted) return;
    // That a new stamp is not there yet is no news.
    const news = evaluation.transitions.filter(({ entity }) => !hushed.has(entity));
    for (const event of toHealthEvents(model, news)) journal.event(event);
  };

  /** Who reads between the end of a bring-up and the next tick would be told of the bring-up still. */
  const settled = () => {
    if (wasBroughtUp === false && isBroughtUp()) evaluate();
    return model === null ? null : { model, memory, compiled: compileModel(model) };
  };

  const indexed = (id: string) => {
    const view = settled();
    const index = view?.compiled.indexOf.get(id);
    return view === null || index === undefined ? null : { ...view, index };
  };

  return {
    name: 'health',
    async tick() {
      evaluate();
      if (now() - persistedAt < persistEveryMs) return;
      persistedAt = now();
      writeMemory(memoryFile, memory);
    },
    async close() {
      if (model === null) return;
      try {
        writeMemory(memoryFile, memory);
      } catch {
        // The disk is full, or the folder is gone: the end does not wait for it, and an older file does too.
      }
    },
    report() {
      const view = settled();
      if (view === null) return null;
      if (described?.memory !== view.memory)
        described = { memory: view.memory, report: describeHealth(view.model, view.memory) };
      return described.report;
    },
    explain(id) {
      const view = settled();
      return view === null ? undefined : explainEntity(view.model, view.memory, id);
    },
    state(id) {
      const found = indexed(id);
      return toState(found?.memory.entities.state[found.index] ?? unknown);
    },
    reason(id) {
      const found = indexed(id);
      if (found === null) return undefined;
      return sayWhy(found.compiled, found.memory, found.index).join('; ') || undefined;
    },
    verdict(stamp) {
      const view = settled();
      return view === null ? null : judgeStamp(view.model, view.memory, stamp);
    },
  };
}

/** Tells each once, and not without end. */
function createUnmatchedTeller(journal: Journal): (unmatched: readonly string[]) => void {
  const told = new Set<string>();
  return (unmatched) => {
    for (const key of unmatched) {
      if (told.has(key) || told.size >= toldUnmatchedMax) continue;
      told.add(key);
      const message = `The health model has no place for ${key}.`;
      journal.event({ severity: 'warning', type: 'health.unmatched', entity: 'health', message });
    }
  };
}

function openMemory({ memoryFile, journal, now }: HealthContext): HealthMemory {
  try {
    return readMemory(memoryFile, now()) ?? emptyMemory;
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const message = `What was known of health cannot be used, and is found out anew (${memoryFile}: ${detail}).`;
    journal.event({ severity: 'warning', type: 'health.memory-ignored', entity: 'health', message });
    return emptyMemory;
  }
}

type Standing = Required<Pick<HealthModelInput, 'stamps' | 'aside'>> & Pick<HealthModelInput, 'live'>;

/** How long a new stamp may take before anybody is to miss it. */
function toStartBudgetMs({ manifest }: HealthContext): number {
  return Math.max(...manifest.components.map(({ startBudgetSeconds }) => startBudgetSeconds)) * 1000;
}

/** Makes the model anew when other stamps stand, or others of them serve. What is wrong with it is told: it is judged as far as it goes. */
function createModelKeeper({ environment, manifest, journal }: HealthContext) {
  const regions = toRegions(environment);
  const witness = witnessZone(environment).name;
  let kept: { key: string; model: HealthModel } | null = null;
  const make = ({ stamps, aside, live }: Standing): HealthModel => {
    const model = buildHealthModel({ manifest, regions, witness, stamps, aside, live });
    // Before the first release nothing can serve.
    const faults = stamps.length === 0 ? [] : findModelFaults(model);
    if (faults.length > 0) {
      const message = `The health model has faults: ${faults.slice(0, faultsToldMax).join(' ')}`;
      journal.event({ severity: 'warning', type: 'health.model-fault', entity: 'health', message });
    }
    return model;
  };
  return {
    modelOf(standing: Standing): HealthModel {
      const { stamps, aside, live } = standing;
      const key = [live, ...stamps.map(({ id }) => id), '', ...aside].join();
      if (kept?.key !== key) kept = { key, model: make(standing) };
      return kept.model;
    },
  };
}

/** Reads all facts at one moment. */
function createLook(context: HealthContext): () => HealthFacts {
  const { environment, manifest, placement, stampSignals } = context;
  const regions = toRegions(environment);
  const witness = witnessZone(environment).name;
  const latest = new Map<string, Observation>();
  const earlier = new Map<string, Observation>();
  return () => {
    const observations = context.observerSignals.observations();
    for (const observation of observations) {
      const last = latest.get(observation.region);
      if (last?.at === observation.at) continue;
      if (last !== undefined) earlier.set(observation.region, last);
      latest.set(observation.region, observation);
    }
    return {
      now: context.now(),
      manifest,
      regions,
      witness,
      stamps: context.stamps(),
      zone: (name) => placement.observe(name),
      contact: (stamp) => stampSignals.contact(stamp),
      database: context.database.status(),
      queues: context.queue.status(),
      doors: context.database.doors(),
      cache: (region) => context.cacheSignals.answer(region),
      certificates: context.certificateSignals.certificates(),
      routes: context.routes.record(),
      gateways: context.routes.reports(),
      observations,
      earlier,
      grayStamps: context.grayStamps?.() ?? null,
      shares: context.shares?.() ?? null,
    };
  };
}

/** In the last evaluation. */
function wasWell({ entityIds: ids, entities }: HealthMemory, stamp: string): boolean {
  const code = entities.state[ids.indexOf(entityIds.stamp(stamp))] ?? unknown;
  return code === healthy || code === degraded;
}
