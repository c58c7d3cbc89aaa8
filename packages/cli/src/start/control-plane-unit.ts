import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import { toEnvironmentFile } from '../environment/environment-file.ts';

export const controlPlaneUnitId = 'control-plane';

/** What the witness host is asked to keep alive. `upAt` names this `up`: the control plane takes the workload's code as of then. */
export function createControlPlaneUnit(environment: Environment, upAt: string): UnitSpecInput {
  return {
    id: controlPlaneUnitId,
    kind: 'control-plane',
    generation: 1,
    // Room for the garbage of several ticks: what is collected in the middle of one is kept longer, and collected again at a price.
    // NODE_OPTIONS takes the upper bound only.
    command: [
      '{node}',
      '--min-semi-space-size=8',
      join(environment.installDir, 'packages/control-plane/src/main.ts'),
    ],
    env: {
      ALWAYSON_ENVIRONMENT: toEnvironmentFile(environment.stateDir),
      ALWAYSON_UP_AT: upAt,
      NODE_COMPILE_CACHE: join(environment.stateDir, 'cache/node'),
      NODE_ENV: 'production',
      // Without bounds V8 lets garbage pile up where memory is plenty.
      NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=512',
    },
    address: '127.0.0.1',
    port: environment.console.port,
    // Requests never wait for it: it is asked as seldom as all that answers for itself.
    probe: { type: 'http', path: '/readyz', intervalMs: 5000 },
  };
}
