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
  /** The release of which every stamp is meant to serve. Without it, one stamp in every zone is. */
  live?: string | undefined;
  /** Stamps on which no user depends now: as bad as they may be, nothing above them feels it, and as good, nothing is made up for. */
  aside?: ReadonlySet<string>;
  /** Of each component, what it must carry at its peak. Without it one instance is taken to be enough. */
  peakRequestsPerSecond?: Readonly<Record<string, number>>;
}
