import { addRelease, type EstateRecord, isLeaving, setLive } from '@alwayson/core/estate/estate-record.ts';
import { toStampId } from '@alwayson/core/estate/stamp-id.ts';
import { planStamps, type StampPlan } from '@alwayson/core/estate/stamps.ts';
import { listZones, toRegions } from '@alwayson/core/estate/topology.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import { witnessRegion } from '@alwayson/protocol/environment.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { markLive } from '../releases/mark-live.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import { commitEstate, readEstate, readEstateGeneration } from './estate-store.ts';
import { findStampProblem, type StampReadiness } from './find-stamp-problem.ts';
import { createFirstRelease } from './first-release.ts';
import { renderRegionUnits } from './region-units.ts';
import { renderStampUnits } from './stamp-units.ts';
import { createUnitApplier } from './unit-applier.ts';

type UnitsByZone = ReadonlyMap<string, readonly UnitSpecInput[]>;

export interface EstateController extends Controller {
  record(): EstateRecord;
  /**
   * Commits what `next` makes of the record, compare-and-set, and has everybody look at once. Nothing is committed when it gives back the
   * record that it got. Returns the record then in force; throws what `next` throws.
   */
  change(next: (record: EstateRecord) => EstateRecord): EstateRecord;
  /** Every stamp that stands, of all releases, also those that do not run at this moment. */
  stamps(): readonly StampPlan[];
  /** Those of the live release that are to serve. */
  serving(): readonly StampPlan[];
  /** Those of the live release that are to go: they get no traffic any more. */
  leaving(): ReadonlySet<string>;
  /** Whether a stamp could take traffic; null when nobody can tell, or none of that id stands. */
  isStampReady(id: string): boolean | null;
  /** Why it could not, or why nobody can tell; null when it could. */
  stampProblem(id: string): string | null;
  /** True once everything was ready after the present `up`. */
  isBroughtUp(): boolean;
  /** Units that must be ready before the bring-up counts as done, by zone. */
  needed(): UnitsByZone;
  /** What the first release waits for; null once there is one. */
  firstRelease(): string | null;
  /** The folder that the live release runs from; the user's own, as long as the first release is made from it. */
  liveTree(): string;
  markBroughtUp(): void;
}

export interface EstateContext extends ControllerContext {
  /** Names the `alwayson up` that started this life of the environment. */
  intent: string;
  releases: Pick<ReleaseStore, 'find' | 'manifest' | 'folder' | 'prepare'>;
  /** What the last question to a stamp's agent came to. */
  contact(stamp: string): StampContact | null;
  /** Makes the controllers look at once. */
  nudge(): void;
}

/** Keeps hosts, gateways, observers and the stamps of every release that stands as the record wants them. */
export function createEstateController(context: EstateContext): EstateController {
  const { environment, placement, releases, intent } = context;
  const keeper = createRecordKeeper(context);
  const { record, change } = keeper;
  const plans = createPlans(context, record);
  const applier = createUnitApplier(placement, context.journal);
  const startZones = createZoneStarter(context);
  const tellLive = createLiveTeller(context);
  const first = createFirstRelease({
    ...context,
    take: (release) => void change(takeFirst(context, release)),
  });
  const isBroughtUp = () => record().broughtUp && record().intent === intent;

  /** The units that must be ready before another is placed for the first time. */
  const waitsFor = new Map(
    toRegions(environment)
      .flatMap((region) => renderRegionUnits(environment, region, 0))
      .flatMap(({ spec, after }): [string, string][] => (after === undefined ? [] : [[spec.id, after]])),
  );

  const leaving = () =>
    new Set(
      record()
        .stamps.filter((stamp) => isLeaving(record(), stamp))
        .map(toStampId),
    );

  const readiness = (id: string): StampReadiness => {
    const stamp = plans.stamps().find((candidate) => candidate.id === id);
    if (stamp === undefined) return { isReady: null, problem: `no stamp ${id} stands` };
    return findStampProblem({ stamp, zone: placement.observe(stamp.zone), contact: context.contact(id) });
  };

  return {
    name: 'estate',
    async tick() {
      if (record().intent !== intent) change((before) => ({ ...before, intent, broughtUp: false }));
      if (record().live === '') first.start();
      if (!isBroughtUp()) await startZones();
      const units = plans.units();
      const results = await Promise.allSettled([
        applier.apply(units, waitsFor),
        applier.removeOthers(units, ['component', 'stamp-agent']),
        tellLive(record().live),
      ]);
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
    close: () => first.close(),
    record,
    change,
    stamps: plans.stamps,
    serving: () => {
      const gone = leaving();
      return plans.stamps().filter(({ id, release }) => release === record().live && !gone.has(id));
    },
    leaving,
    isStampReady: (id) => readiness(id).isReady,
    stampProblem: (id) => readiness(id).problem,
    isBroughtUp,
    needed: () => plans.units(record().live),
    firstRelease: () => (record().live === '' ? first.waitingFor() : null),
    liveTree: () => (record().live === '' ? environment.workloadDir : releases.folder(record().live).tree),
    markBroughtUp() {
      if (!isBroughtUp()) change((before) => ({ ...before, broughtUp: true }));
    },
  };
}

/** After each start, and whenever another release is live. */
function createLiveTeller({ environment, releases }: EstateContext) {
  let told = '';
  return async (live: string) => {
    if (told !== live) markLive(releases, environment, live);
    told = live;
  };
}

function createRecordKeeper({ records, nudge }: EstateContext) {
  let record = readEstate(records).value;
  return {
    record: () => record,
    change(next: (record: EstateRecord) => EstateRecord): EstateRecord {
      const { version, value } = readEstate(records);
      const wanted = next(value);
      if (wanted !== value) commitEstate(records, version, wanted);
      record = wanted;
      if (wanted !== value) nudge();
      return wanted;
    },
  };
}

/** The first release is live at once, with as many stamps in each zone as its manifest has at the least. */
function takeFirst({ environment, manifest }: EstateContext, { digest }: Release) {
  return (record: EstateRecord): EstateRecord => {
    if (record.live !== '') return record;
    const zones = listZones(environment);
    const wanted = Object.fromEntries(zones.map((zone) => [zone, manifest.scale.min]));
    return setLive(addRelease({ ...record, wanted }, digest, zones), digest);
  };
}

/** From the record to stamps and units, each from what its own release says. */
function createPlans(
  { environment, placement, records, releases }: EstateContext,
  record: () => EstateRecord,
) {
  let planned: { of: EstateRecord | null; stamps: readonly StampPlan[] } = { of: null, stamps: [] };

  /** Throws when a release that stands cannot be read. */
  const plan = () => {
    const of = record();
    if (planned.of !== of) {
      planned = { of, stamps: planStamps(environment, of, releases.manifest) };
    }
    return planned.stamps;
  };

  return {
    /** Those that were planned last, while a release cannot be read: the controller tells why. */
    stamps(): readonly StampPlan[] {
      try {
        return plan();
      } catch {
        return planned.stamps;
      }
    },
    /** Of the stamps of all releases, or of one. */
    units(release?: string): UnitsByZone {
      const byZone = new Map<string, UnitSpecInput[]>(placement.zones.map((zone) => [zone, []]));
      const generation = readEstateGeneration(records);
      for (const region of toRegions(environment)) {
        for (const { zone, spec } of renderRegionUnits(environment, region, generation)) {
          byZone.get(zone)?.push(spec);
        }
      }
      for (const stamp of plan()) {
        if (release !== undefined && stamp.release !== release) continue;
        const manifest = releases.manifest(stamp.release);
        const folder = releases.folder(stamp.release);
        const units = renderStampUnits({ environment, manifest, stamp, generation, folder });
        byZone.get(stamp.zone)?.push(...units);
      }
      return byZone;
    },
  };
}

/** A zone's machine is switched on once per `up`; after that, who is down was taken down or is lost, and stays so. */
function createZoneStarter({ environment, placement }: EstateContext) {
  const started = new Set<string>();
  return async () => {
    const zones = environment.zones.filter((zone) => zone.region !== witnessRegion);
    const off = zones.filter((zone) => {
      return !started.has(zone.name) && placement.observe(zone.name).contact !== 'connected';
    });
    await Promise.all(
      off.map(async (zone) => {
        await placement.startZone(zone.name);
        started.add(zone.name);
      }),
    );
  };
}
