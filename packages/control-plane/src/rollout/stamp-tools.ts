import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { listLivingStamps, type Places } from './living-places.ts';
import { type ReadBack, readBack } from './read-back.ts';
import type { RolloutTools } from './rollout-tools.ts';
import { smokeStamp, type SmokeResult } from './smoke-stamp.ts';
import { warmStamp } from './warm-stamp.ts';

export interface StampToolsContext extends Places {
  manifestOf: (release: string) => Manifest;
  /** What was found, whether it was good or not; for the history. */
  onSmoke: (results: readonly SmokeResult[]) => void;
  onProof: (release: string, proof: ReadBack) => void;
}

/** What is asked of a release's stamps before users come, and after they came. Zones that are gone are left out. */
export function createStampTools(context: StampToolsContext): Pick<RolloutTools, 'warm' | 'smoke' | 'prove'> {
  return {
    async warm(stamps, manifest, signal) {
      const living = listLivingStamps(context, stamps);
      await Promise.all(living.map((stamp) => warmStamp(context, { stamp, manifest }, signal)));
    },
    async smoke(stamps, manifest, signal) {
      const living = listLivingStamps(context, stamps);
      const results = await Promise.all(
        living.map((stamp) => smokeStamp(context, { stamp, manifest }, signal)),
      );
      context.onSmoke(results);
      const failed = results.flatMap(({ stamp, checks }) =>
        checks.filter(({ verdict }) => verdict === 'fail').map(({ text }) => `${stamp}: ${text}`),
      );
      if (failed.length > 0)
        throw new AlwaysOnError('AON_RELEASE_BROKEN', `The smoke test failed. ${failed.join('; ')}`);
    },
    async prove(stamps: readonly StampPlan[], signal) {
      const living = listLivingStamps(context, stamps);
      const [first] = living;
      if (first === undefined)
        throw new AlwaysOnError('AON_UNREACHABLE', 'No stamp of the release is in a zone that lives.');
      const manifest = context.manifestOf(first.release);
      const proof = await readBack(context, { stamps: living, manifest }, signal);
      context.onProof(first.release, proof);
      if (!proof.proven)
        throw new AlwaysOnError('AON_UNREACHABLE', `It is not proven to serve: ${proof.text}.`);
    },
  };
}
