import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { askGateway } from './ask-gateway.ts';
import { listLivingGateways, type Places } from './living-places.ts';
import type { RolloutTools } from './rollout-tools.ts';
import { smokeStamp } from './smoke-stamp.ts';
import { findIdentityFault } from './stamp-identity.ts';

/** TEMPORARY warm and prove */
export function createAskingTools(places: Places): Pick<RolloutTools, 'warm' | 'smoke' | 'prove'> {
  return {
    async warm(stamps, manifest, signal) {
      const paths = manifest.flows.flatMap(({ probe }) => (probe?.path === undefined ? [] : [probe.path]));
      for (const gateway of listLivingGateways(places))
        for (let n = 0; n < 10; n += 1)
          await Promise.all(
            stamps.flatMap((stamp) =>
              paths.map((path) =>
                askGateway(places.environment, { url: gateway.url, path, stamp: stamp.id }, signal).catch(
                  () => null,
                ),
              ),
            ),
          );
    },
    async smoke(stamps, manifest, signal) {
      const results = await Promise.all(
        stamps.map((stamp) => smokeStamp(places, { stamp, manifest }, signal)),
      );
      const failed = results.filter(({ passed }) => !passed);
      if (failed.length === 0) return;
      throw new Error(failed.map(toText).join('; '));
    },
    async prove(stamps) {
      for (const stamp of stamps) {
        const fault = await findIdentityFault(places.environment, stamp);
        if (fault !== null) throw new Error(fault);
      }
    },
  };
}

function toText({ stamp, checks }: Awaited<ReturnType<typeof smokeStamp>>): string {
  const bad = checks.filter(({ verdict }) => verdict === 'fail');
  return `smoke test of ${stamp}: ${bad.map(({ name, flow, text }) => `${flow ?? name}: ${text}`).join(', ')}`;
}
export type { StampPlan, Manifest };
