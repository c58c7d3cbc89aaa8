import { join, resolve } from 'node:path';
import { addRelease, type EstateRecord, setLive } from '@alwayson/core/estate/estate-record.ts';
import { planStamps, type StampPlan } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { witnessRegion } from '@alwayson/protocol/environment.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import { buildOnce } from '../builds/build-once.ts';
import { hashContent } from '../builds/content-hash.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { renderRegionUnits } from './region-units.ts';
import { commitEstate, readEstate, readEstateGeneration } from './estate-store.ts';
import { renderStampUnits } from './stamp-units.ts';
import { createUnitApplier } from './unit-applier.ts';

/** A failed build is tried again after this long. */
const buildRetryMs = 60_000;

export interface EstateController extends Controller {
  /** The stamps of the live release, also those that do not run at this moment. */
  stamps(): readonly StampPlan[];
  record(): EstateRecord;
  /** True once everything was ready after the present `up`. */
  isBroughtUp(): boolean;
  /** Units that must be ready before the bring-up counts as done, by zone. */
  desired(): ReadonlyMap<string, readonly UnitSpecInput[]>;
  markBroughtUp(): void;
}

export interface EstateContext extends ControllerContext {
  /** Names the `alwayson up` that started this life of the environment. */
  intent: string;
}

/** Keeps hosts, gateways, observers and stamps as the manifest and the live release want them. */
export function createEstateController(context: EstateContext): EstateController {
  const { environment, manifest, placement, records } = context;
  const applier = createUnitApplier(placement, context.journal);
  const builds = createBuilds(context);
  const startedZones = new Set<string>();
  let record = readEstate(records).value;

  const change = (next: (record: EstateRecord) => EstateRecord) => {
    const { version, value } = readEstate(records);
    const wanted = next(value);
    if (wanted !== value) commitEstate(records, version, wanted);
    record = wanted;
  };

  const isBroughtUp = () => record.broughtUp && record.intent === context.intent;
  const stamps = () => planStamps(environment, record, () => manifest);

  /** The units that must be ready before another is placed for the first time. */
  const waitsFor = new Map(
    toRegions(environment)
      .flatMap((region) => renderRegionUnits(environment, region, 0))
      .flatMap(({ spec, after }): [string, string][] => (after === undefined ? [] : [[spec.id, after]])),
  );

  const desired = (): Map<string, UnitSpecInput[]> => {
    const byZone = new Map<string, UnitSpecInput[]>(placement.zones.map((zone) => [zone, []]));
    const generation = readEstateGeneration(records);
    for (const region of toRegions(environment)) {
      for (const { zone, spec } of renderRegionUnits(environment, region, generation)) {
        byZone.get(zone)?.push(spec);
      }
    }
    for (const stamp of stamps()) {
      const units = renderStampUnits({ environment, manifest, stamp, generation, builds: builds.done });
      byZone.get(stamp.zone)?.push(...units);
    }
    return byZone;
  };

  /** A zone's machine is switched on once per `up`; after that, who is down was taken down or is lost, and stays so. */
  const startZones = async () => {
    if (isBroughtUp()) return;
    const zones = environment.zones.filter((zone) => zone.region !== witnessRegion);
    const off = zones.filter((zone) => {
      return !startedZones.has(zone.name) && placement.observe(zone.name).contact !== 'connected';
    });
    await Promise.all(
      off.map(async (zone) => {
        await placement.startZone(zone.name);
        startedZones.add(zone.name);
      }),
    );
  };

  return {
    name: 'estate',
    async tick() {
      if (record.intent !== context.intent) {
        const release = await hashRelease(context);
        const zones = toRegions(environment).flatMap((region) => region.zones.map(({ name }) => name));
        change((before) =>
          takeFolder({ ...before, intent: context.intent, broughtUp: false }, release, zones),
        );
      }
      await startZones();
      builds.start(record.live);
      const units = desired();
      await applier.apply(units, waitsFor);
      await applier.removeOthers(units, ['component', 'stamp-agent']);
    },
    async close() {
      await builds.close();
    },
    stamps,
    record: () => record,
    isBroughtUp,
    desired,
    markBroughtUp() {
      if (isBroughtUp()) return;
      change((before) => ({ ...before, broughtUp: true }));
    },
  };
}

/** The folder's content is the one release that stands. */
function takeFolder(record: EstateRecord, release: string, zones: readonly string[]): EstateRecord {
  const next = setLive(addRelease(record, release, zones), release);
  return { ...next, stamps: next.stamps.filter((stamp) => stamp.release === release) };
}

function hashRelease({ environment, manifest }: ControllerContext): Promise<string> {
  return hashContent([environment.workloadDir], [JSON.stringify(manifest)]);
}

/** Builds of the components that declare one, in the background: the rest of the estate does not wait for them. */
function createBuilds({ environment, manifest, journal, now }: ControllerContext) {
  const done = new Map<string, string>();
  const running = new Map<string, Promise<void>>();
  const failedAt = new Map<string, number>();

  const build = async (name: string, input: { command: readonly string[]; cwd: string; release: string }) => {
    const outDir = join(environment.stateDir, 'build', `${name}-${input.release.slice(0, 12)}`);
    const cwd = resolve(environment.workloadDir, input.cwd);
    try {
      done.set(name, await buildOnce({ name, command: input.command, cwd, outDir, environment: {} }));
    } catch (error) {
      failedAt.set(name, now());
      const message = error instanceof Error ? error.message : String(error);
      journal.event({ severity: 'error', type: 'build.failed', entity: name, message });
    } finally {
      running.delete(name);
    }
  };

  return {
    done,
    start(release: string) {
      for (const { name, build: command, cwd } of manifest.components) {
        if (command === undefined || done.has(name) || running.has(name)) continue;
        if (now() - (failedAt.get(name) ?? -Infinity) < buildRetryMs) continue;
        running.set(name, build(name, { command, cwd, release }));
      }
    },
    async close() {
      await Promise.all(running.values());
    },
  };
}
