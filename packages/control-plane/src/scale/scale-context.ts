import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { ControllerContext } from '../controller.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { HealthController } from '../health/health-controller.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import type { LoadSources } from '../switches/stamp-load.ts';
import type { SwitchesController } from '../switches/switches-controller.ts';

/** What the number of stamps is decided and carried out with. */
export interface ScaleContext extends ControllerContext, LoadSources {
  estate: Omit<EstateController, 'name' | 'tick' | 'close'>;
  releases: Pick<ReleaseStore, 'manifest'>;
  shares: { report(): SharesReport | null };
  routes: Pick<RoutesController, 'record' | 'reports'>;
  switches: Pick<SwitchesController, 'state'>;
  health: Pick<HealthController, 'state'>;
  /** Nothing changes then: the stamps of two releases stand side by side, as many of the one as of the other. */
  rolloutRunning(): boolean;
}
