import { isLeaving, removeStamp, wantedIn } from '@alwayson/core/estate/estate-record.ts';
import { toStampId } from '@alwayson/core/estate/stamp-id.ts';
import { listZones } from '@alwayson/core/estate/topology.ts';
import { decideScale, type ScaleMemory, type ScaleStep } from '@alwayson/core/scale/decide-scale.ts';
import { findShortfalls, type Shortfall } from '@alwayson/core/switches/can-carry.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { ScaleAnswer, ScaleRequest } from '@alwayson/protocol/releases.ts';
import type { Controller } from '../controller.ts';
import { describeShortfalls } from '../switches/describe-switch.ts';
import { observeLoad } from '../switches/stamp-load.ts';
import { findDrainRest } from './find-drain-rest.ts';
import { observeRegions } from './observe-regions.ts';
import { resolveScaleTargets } from './resolve-scale-targets.ts';
import type { ScaleContext } from './scale-context.ts';
import { createScaleOperations, toEffect } from './scale-operations.ts';
import { commitFloor } from './scale-record.ts';

export interface ScaleController extends Controller {
  /**
   * Sets the number of stamps in zones, and that automatic scale does not take fewer until the next order. Throws AON_USAGE, AON_NOT_FOUND,
   * AON_CAPACITY, AON_ROLLOUT_RUNNING, AON_STARTING. Answers when it is committed.
   */
  order(request: ScaleRequest): Promise<ScaleAnswer>;
}

/** Decides how many stamps the live release has in each zone, and takes those that leave off the record when nothing uses them. */
export function createScaleController(context: ScaleContext): ScaleController {
  const { environment, estate, releases, journal, now } = context;
  const operations = createScaleOperations(context);
  let memory: ScaleMemory = {};

  const takeOff = () => {
    const record = estate.record();
    for (const stamp of record.stamps.filter((candidate) => isLeaving(record, candidate))) {
      const id = toStampId(stamp);
      if (findDrainRest(context, id) !== null) continue;
      estate.change((before) => (isLeaving(before, stamp) ? removeStamp(before, stamp) : before));
      const message = `Stamp ${id} gets no requests any more and is removed.`;
      journal.event({ severity: 'info', type: 'stamp.drained', entity: id, message });
    }
  };

  const scaleItself = async () => {
    const { live } = estate.record();
    if (live === '') return;
    const manifest = releases.manifest(live);
    const regions = observeRegions(context, manifest);
    const decided = decideScale(memory, { regions, policy: manifest.scale }, now());
    memory = decided.memory;
    for (const step of decided.steps) {
      const zones = new Map([[step.zone, step.to]]);
      if (step.to < step.from && findShort(context, zones).length > 0) continue;
      await operations.carryOut({ zones, event: toEvent(step) });
    }
  };

  return {
    name: 'scale',
    async tick() {
      takeOff();
      operations.check();
      await scaleItself();
    },
    close: async () => {},
    async order({ targets, owner, reason }) {
      const record = estate.record();
      assertPossible(context);
      const zones = resolveScaleTargets(environment, targets, releases.manifest(record.live).scale);
      assertCarried(context, zones);
      commitFloor(context.records, zones);
      const changes = new Map([...zones].filter(([zone, count]) => count !== wantedIn(record, zone)));
      const counts = [...zones].map(([zone, count]) => `${zone} has ${count}`).join(', ');
      if (changes.size === 0) return toAnswer(context, `Nothing to do: ${counts} already.`);
      const why = reason === undefined ? '' : `: ${reason}`;
      const said = [...changes].map(([zone, to]) => `${zone} from ${wantedIn(record, zone)} to ${to}`);
      const message = `Stamps: ${said.join(', ')}, by ${owner}${why}.`;
      const [entity = 'scale', another] = changes.keys();
      await operations.carryOut({
        zones: changes,
        event: { type: 'scale.ordered', entity: another === undefined ? entity : 'scale', message },
      });
      return toAnswer(context, message, true);
    },
  };
}

function toEvent({ region, from, to, reason }: ScaleStep) {
  return {
    type: to > from ? 'scale.out' : 'scale.in',
    entity: region,
    message: `Region ${region}: ${reason}`,
  };
}

function toAnswer({ environment, estate }: ScaleContext, message: string, changed = false): ScaleAnswer {
  const record = estate.record();
  const zones = listZones(environment).map((zone) => [zone, wantedIn(record, zone)]);
  return { changed, message, zones: Object.fromEntries(zones) };
}

function assertPossible({ estate, rolloutRunning }: ScaleContext): void {
  if (estate.record().live === '')
    throw new AlwaysOnError(
      'AON_STARTING',
      'The first release is still being made: there are no stamps yet.',
    );
  if (!rolloutRunning()) return;
  const message = 'The number of stamps does not change while a rollout runs.';
  throw new AlwaysOnError('AON_ROLLOUT_RUNNING', message);
}

function assertCarried(context: ScaleContext, zones: ReadonlyMap<string, number>): void {
  const shortfalls = findShort(context, zones);
  if (shortfalls.length === 0) return;
  const { leaving } = toEffect(context.estate.record(), zones);
  const message = describeShortfalls({ kind: 'stamp', name: leaving.join(', ') }, shortfalls);
  const hint = 'Keep more of them, or wait until fewer requests come in (./alwayson shares).';
  throw new AlwaysOnError('AON_CAPACITY', message, { hint });
}

/** Why what remains of the live release could not carry the load; empty when it can. */
function findShort(context: ScaleContext, zones: ReadonlyMap<string, number>): Shortfall[] {
  const { estate, switches } = context;
  const switched = switches.state().stamps;
  const serving = estate.serving();
  const before = serving.map(({ id }) => id).filter((id) => (switched.get(id)?.state ?? 'ready') === 'ready');
  const away = new Set(toEffect(estate.record(), zones).leaving);
  const { stamps, demand } = observeLoad(context, serving);
  return findShortfalls(stamps, demand, {
    before: new Set(before),
    after: new Set(before.filter((id) => !away.has(id))),
  });
}
