import type { ManifestInput } from '@alwayson/protocol/manifest.ts';

export type { ManifestInput } from '@alwayson/protocol/manifest.ts';

/**
 * Declares a workload in `alwayson.config.ts`: `export default defineWorkload({ ... })`. It changes nothing; it is here so
 * that an editor knows every field. The manifest is checked when AlwaysOn reads it, with all faults told at once.
 */
export function defineWorkload(workload: ManifestInput): ManifestInput {
  return workload;
}
