import type { ManifestInput } from '@alwayson/protocol/manifest.ts';

/** @public */
export type { ManifestInput } from '@alwayson/protocol/manifest.ts';

/**
 * Declares a workload in `alwayson.config.ts`: `export default defineWorkload({ ... })`. It changes nothing; it is
 * here so that an editor knows every field. The manifest is checked when AlwaysOn reads it, all faults at once.
 * @public
 */
export function defineWorkload(workload: ManifestInput): ManifestInput {
  return workload;
}
