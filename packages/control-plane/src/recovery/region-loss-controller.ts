import { toRegions } from '@alwayson/core/estate/topology.ts';
import { firstRegionLossWatch, settleRegionLoss } from '@alwayson/core/recovery/decide-region-loss.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { AuthorityRegister } from './authority-register.ts';
import type { RecoveryBoard } from './recovery-board.ts';

/** What could not be declared is tried again after this long. */
const retryMs = 10_000;

export interface RegionLossContext extends ControllerContext {
  authority: AuthorityRegister;
  database: Pick<DatabaseController, 'handover'>;
  recovery: Pick<RecoveryBoard, 'plan' | 'begin'>;
  isBroughtUp: () => boolean;
}

/** Gives the region that writes up by itself, where the manifest says so and two of three sites agree for long enough. */
export function createRegionLossController(context: RegionLossContext): Controller {
  const { environment, manifest, journal, authority, database, recovery, isBroughtUp, now } = context;
  const { declare, afterSeconds } = manifest.regionLoss;
  let watch = firstRegionLossWatch;
  let watched = '';
  let triedAt = -Infinity;

  const tell = (severity: 'info' | 'warning', type: string, message: string) =>
    journal.event({ severity, type, entity: authority.writerRegion(), message });

  const declareLost = async (from: string) => {
    const reason = `two of three sites have not reached anything of ${from} for ${afterSeconds} s`;
    const others = toRegions(environment).filter(({ name }) => name !== from);
    for (const { name: region } of others) {
      const { isReady } = await recovery.plan({ region, mode: 'emergency' });
      if (!isReady) continue;
      const order = { region, mode: 'emergency', acceptDataLoss: true, owner: 'automatic', reason } as const;
      await recovery.begin(order);
      return;
    }
    tell('warning', 'recovery.not-declared', `${from} is lost, and no other region could write now.`);
  };

  return {
    name: 'region-loss',
    async tick() {
      if (declare !== 'automatic' || !isBroughtUp() || authority.read().phase !== 'steady') return;
      // What was seen of the region that wrote before says nothing of the one that writes now.
      const before = watched === authority.writerRegion() ? watch : firstRegionLossWatch;
      watch = settleRegionLoss(before, database.handover.regionLoss(), now());
      const from = authority.writerRegion();
      watched = from;
      if (watch.since === null) {
        if (before.since !== null) tell('info', 'recovery.reached', `${from} is reached again.`);
        return;
      }
      if (before.since === null)
        tell(
          'warning',
          'recovery.unreached',
          `${from} is given up in ${afterSeconds} s, unless it is reached.`,
        );
      if (now() - watch.since < afterSeconds * 1000 || now() - triedAt < retryMs) return;
      triedAt = now();
      await declareLost(from);
    },
    close: async () => {},
  };
}
