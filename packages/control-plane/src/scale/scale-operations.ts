import { toStampId } from '@alwayson/core/estate/stamp-id.ts';
import { type EstateRecord, isLeaving, wantCount, wantedIn } from '@alwayson/core/estate/estate-record.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { ScaleContext } from './scale-context.ts';
import { createWaits } from './waits.ts';

/** For stamps to start, and for requests to end and processes to stop. */
const withinMs = 300_000;

export interface ScaleChange {
  zones: ReadonlyMap<string, number>;
  event: { type: string; entity: string; message: string };
}

/** What a change makes of the record: stamps that come, and stamps that are to go. */
export interface ScaleEffect {
  record: EstateRecord;
  added: string[];
  leaving: string[];
}

export function toEffect(before: EstateRecord, zones: ReadonlyMap<string, number>): ScaleEffect {
  const record = [...zones]
    .filter(([zone, count]) => count !== wantedIn(before, zone))
    .reduce((next, [zone, count]) => wantCount(next, zone, count), before);
  const ids = (of: EstateRecord, isGoing: boolean) =>
    of.stamps.filter((stamp) => stamp.release === of.live && isLeaving(of, stamp) === isGoing).map(toStampId);
  const were = new Set(ids(before, false));
  return {
    record,
    added: ids(record, false).filter((id) => !were.has(id)),
    leaving: ids(record, true).filter((id) => were.has(id)),
  };
}

/** Commits changes of the number of stamps as journaled operations, which end when the stamps serve or are gone. */
export function createScaleOperations(context: ScaleContext) {
  const { estate, journal, now } = context;
  const waits = createWaits(now);

  const follow = async (handle: OperationHandle, { added, leaving }: ScaleEffect) => {
    try {
      if (added.length > 0) {
        await handle.step('stamps ready', (tell) =>
          waits.until({ rest: () => listUnready(context, added), withinMs, tell }),
        );
      }
      if (leaving.length > 0) {
        await handle.step('no request at them', (tell) =>
          waits.until({ rest: () => listStanding(context, leaving), withinMs, tell }),
        );
        await handle.step('processes gone', (tell) =>
          waits.until({ rest: () => listUnits(context, leaving), withinMs, tell }),
        );
      }
      handle.succeed({ added, removed: leaving });
    } catch (error) {
      handle.fail(error);
    }
  };

  return {
    /** Looks at what the operations wait for. */
    check: waits.check,
    /** Returns the stamps that come and go. Throws when the record could not be committed. */
    async carryOut({ zones, event }: ScaleChange): Promise<ScaleEffect> {
      const planned = toEffect(estate.record(), zones);
      const handle = journal.begin({
        kind: 'scale',
        title: `Scale ${[...zones].map(([zone, count]) => `${zone} to ${count}`).join(', ')}`,
        steps: [
          'commit record',
          ...(planned.added.length > 0 ? ['stamps ready'] : []),
          ...(planned.leaving.length > 0 ? ['no request at them', 'processes gone'] : []),
        ],
      });
      try {
        await handle.step('commit record', async () => {
          estate.change((record) => toEffect(record, zones).record);
        });
      } catch (error) {
        handle.fail(error);
        throw error;
      }
      const data = { zones: Object.fromEntries(zones), added: planned.added, leaving: planned.leaving };
      journal.event({ severity: 'info', ...event, operation: handle.id, data });
      void follow(handle, planned).catch(() => undefined);
      return planned;
    },
  };
}

function listUnready({ estate }: ScaleContext, stamps: readonly string[]): string | null {
  const standing = new Set(estate.stamps().map(({ id }) => id));
  const unready = stamps.filter((id) => standing.has(id) && estate.isStampReady(id) !== true);
  return unready.map((id) => estate.stampProblem(id) ?? id).join('; ') || null;
}

/** Those that are leaving still. What leaves no more, because another release is live by now, is that release's business. */
function listStanding({ estate }: ScaleContext, stamps: readonly string[]): string | null {
  const leaving = estate.leaving();
  return stamps.filter((id) => leaving.has(id)).join(', ') || null;
}

/** Of those that do not stand again. */
function listUnits({ estate, placement }: ScaleContext, stamps: readonly string[]): string | null {
  const standing = new Set(estate.stamps().map(({ id }) => id));
  const gone = new Set(stamps.filter((id) => !standing.has(id)));
  const observed = placement.zones.map((zone) => placement.observe(zone));
  // Of a zone that is lost nothing runs; it forgets the stamp when it is back.
  const units = observed
    .filter(({ contact }) => contact !== 'refused')
    .flatMap(({ host }) => host?.units ?? [])
    .filter(({ stamp }) => stamp !== undefined && gone.has(stamp));
  return units.map(({ id }) => id).join(', ') || null;
}
