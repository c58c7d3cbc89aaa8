import { createPreviewToken, toPreviewKey } from '@alwayson/engines/haproxy/preview-token.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { ReleaseBoard } from '../api/release-routes.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { ReleaseStore } from '../releases/release-store.ts';

export interface PreviewsContext {
  environment: Environment;
  estate: Pick<EstateController, 'stamps'>;
  releases: Pick<ReleaseStore, 'find'>;
  now: () => number;
}

/** Signs tokens with which people and programs reach a stamp, or a release, that gets no traffic yet. */
export function createPreviews(context: PreviewsContext): Pick<ReleaseBoard, 'previewToken'> {
  const { environment, estate, releases, now } = context;
  const key = toPreviewKey(environment.tokens.probe);
  return {
    previewToken({ target, minutes }) {
      const digest = releases.find(target)?.digest;
      const stamp = estate.stamps().find(({ id, release }) => id === target || release === digest);
      if (stamp === undefined) {
        const message = `No stamp of ${target} stands.`;
        throw new AlwaysOnError('AON_NOT_FOUND', message, {
          hint: 'See ./alwayson releases: only what is live or on its way can be looked at.',
        });
      }
      const expiresAt = Math.floor(now() / 1000) + minutes * 60;
      const named = stamp.id === target ? stamp.id : stamp.release;
      const token = createPreviewToken({ target: named, expiresAt, key });
      return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
    },
  };
}
