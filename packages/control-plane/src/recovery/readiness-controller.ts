import { toRegions } from '@alwayson/core/estate/topology.ts';
import { checkSwitch } from '@alwayson/core/recovery/check-switch.ts';
import { type Readiness, settleReadiness } from '@alwayson/core/recovery/settle-readiness.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { AuthorityRegister } from './authority-register.ts';

/** All from memory: far more often than anybody would look by hand. */
const everyMs = 30_000;

export interface ReadinessContext extends ControllerContext {
  authority: AuthorityRegister;
  database: Pick<DatabaseController, 'handover' | 'copy'>;
  isBroughtUp: () => boolean;
}

export interface ReadinessController extends Controller {
  /** Of every region that does not write now; empty before the first look. */
  readiness(): Status['recovery'];
}

/** Looks again and again whether a planned switch could be made, so that nobody learns it when it is needed. */
export function createReadinessController(context: ReadinessContext): ReadinessController {
  const { environment, journal, authority, database, isBroughtUp, now } = context;
  const regions = toRegions(environment).map(({ name }) => name);
  const known = new Map<string, Readiness>();
  let lookedAt = -Infinity;

  const tell = (region: string, before: Readiness | undefined, { isReady, failing }: Readiness) => {
    if (before === undefined ? isReady : before.isReady === isReady) return;
    const why = failing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
    const message = isReady ? `${region} could write again.` : `${region} could not write now. ${why}.`;
    const type = isReady ? 'recovery.ready' : 'recovery.not-ready';
    journal.event({ severity: isReady ? 'info' : 'warning', type, entity: region, message });
  };

  const look = (region: string) => {
    const { checks } = checkSwitch({
      region,
      regions,
      authority: authority.read(),
      members: database.handover.members(),
      doors: database.handover.doors(),
      copy: database.copy,
      // What runs will end: it says nothing about what is there.
      running: [],
    });
    const before = known.get(region);
    const after = settleReadiness(before, checks, now());
    known.set(region, after);
    tell(region, before, after);
  };

  return {
    name: 'readiness',
    async tick() {
      if (!isBroughtUp() || authority.read().phase !== 'steady' || now() - lookedAt < everyMs) return;
      lookedAt = now();
      known.delete(authority.writerRegion());
      for (const region of regions) if (region !== authority.writerRegion()) look(region);
    },
    close: async () => {},
    readiness: () =>
      [...known].map(([region, { isReady, since, failing }]) => ({
        region,
        isReady,
        since: new Date(since).toISOString(),
        failing: failing.map(({ name, detail }) => `${name}: ${detail}`),
      })),
  };
}
