import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { listMetricsTargets } from '../../src/api/metrics-targets.ts';
import { createHealthController } from '../../src/health/health-controller.ts';
import { createRoutesController } from '../../src/routes/routes-controller.ts';
import { createScaleController } from '../../src/scale/scale-controller.ts';
import { createSharesController } from '../../src/shares/shares-controller.ts';
import type { ShareFacts } from '../../src/shares/to-share-evidence.ts';
import { createCacheSignals } from '../../src/signals/cache-signals.ts';
import { createCertificateSignals } from '../../src/signals/certificate-signals.ts';
import { createObserverSignals } from '../../src/signals/observer-signals.ts';
import { buildStatus } from '../../src/status/build-status.ts';
import { createSwitchesController } from '../../src/switches/switches-controller.ts';
import { createEstateRig, type EstateRigOptions } from '../estate/estate-rig.ts';

/** The estate of one region on real hosts behind its real gateway, watched and scaled as the control plane does it. */
export async function createScaleRig(options: EstateRigOptions & { frontDoorPort: number }) {
  const rig = await createEstateRig(options);
  const { context } = rig;
  const { estate, signals, start } = rig.live('up');
  const world = { rolloutRunning: false };
  const { stamps, leaving: draining } = estate;
  const observerSignals = createObserverSignals(context);
  const switches = createSwitchesController({ ...context, stamps });
  const nothing = { writer: null, term: 0, members: [] };
  const database = { status: () => nothing, doors: () => [] };
  const queue = { status: () => [] };
  const shares = createSharesController({
    ...context,
    intent: 'up',
    facts: (): ShareFacts => ({
      manifest: context.manifest,
      stamps: stamps(),
      zone: context.placement.observe,
      contact: signals.contact,
      verdict: health.verdict,
      switches: switches.state(),
      draining: draining(),
      reports: routes.reports(),
      observations: observerSignals.observations(),
      now: context.now(),
    }),
    nudge: () => {},
  });
  const routing = shares.routing;
  const routes = createRoutesController({
    ...context,
    stamps,
    draining,
    switches,
    routing,
    epoch: () => 1,
  });
  const asked = {
    observerSignals,
    cacheSignals: createCacheSignals(context),
    certificateSignals: createCertificateSignals(context),
  };
  const memoryFile = join(context.environment.stateDir, 'health.json');
  const seen = {
    stamps,
    draining,
    database,
    queue,
    switches,
    stampSignals: signals,
    ...asked,
    routes,
  };
  const live = () => estate.record().live;
  const isBroughtUp = estate.isBroughtUp;
  const health = createHealthController({ ...context, ...seen, live, isBroughtUp, memoryFile });
  const scale = createScaleController({
    ...context,
    ...seen,
    estate,
    releases: rig.releases,
    shares,
    health,
    rolloutRunning: () => world.rolloutRunning,
  });
  const authority = { epoch: () => 1, writerRegion: () => 'west' };
  const readiness = { readiness: () => [] };
  const sources = { ...context, ...seen, estate, health, authority, readiness };
  const status = () => buildStatus(sources);
  return {
    ...rig,
    world,
    estate,
    scale,
    shares,
    routes,
    health,
    memoryFile,
    status,
    start: () => start([switches, observerSignals, shares, health, scale, routes]),
    targets: () => listMetricsTargets(context.environment, status()),
    /** Asks the front door again and again until the test ends; what it was answered. */
    askFrontDoor() {
      const seenAnswers = { good: 0, bad: [] as string[], pids: new Set<number>() };
      const stop = new AbortController();
      const loop = (async () => {
        while (!stop.signal.aborted) {
          try {
            const response = await fetch(`${context.environment.frontDoor.url}/`);
            const { pid } = (await response.json()) as { pid: number };
            seenAnswers.pids.add(pid);
            seenAnswers.good += 1;
          } catch (error) {
            seenAnswers.bad.push(String(error));
          }
        }
      })();
      onTestFinished(async () => {
        stop.abort();
        await loop;
      });
      return seenAnswers;
    },
  };
}
