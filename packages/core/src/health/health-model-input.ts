import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { StampPlan } from '../estate/stamps.ts';
import type { RegionPlan } from '../estate/topology.ts';

/** What a health model is made from. */
export interface HealthModelInput {
  manifest: Manifest;
  /** Without the witness. */
  regions: readonly RegionPlan[];
  /** Name of the witness zone. */
  witness: string;
  /** Of every release that stands, whether live or not. */
  stamps: readonly StampPlan[];
  /** Of each component, what it must carry at its peak. Without it one instance is taken to be enough. */
  peakRequestsPerSecond?: Readonly<Record<string, number>>;
}
