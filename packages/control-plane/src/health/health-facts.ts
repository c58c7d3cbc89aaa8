import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { RegionPlan } from '@alwayson/core/estate/topology.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { GatewayReport, RouteRecord } from '@alwayson/protocol/routes.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { DoorFacts } from '../database/database-driver.ts';
import type { ZoneObservation } from '../placement/placement.ts';
import type { StoreAnswer } from '../signals/cache-signals.ts';
import type { CertificateAnswer } from '../signals/certificate-signals.ts';

/** What the control plane knows at one moment. */
export interface HealthFacts {
  now: number;
  manifest: Manifest;
  /** Without the witness. */
  regions: readonly RegionPlan[];
  /** Name of the witness zone. */
  witness: string;
  stamps: readonly StampPlan[];
  zone(name: string): ZoneObservation;
  /** What the last question to a stamp's agent came to. */
  contact(stamp: string): StampContact | null;
  database: Status['database'];
  queues: Status['queues'];
  doors: readonly DoorFacts[];
  /** What a region's cache answered last. */
  cache(region: string): StoreAnswer | null;
  /** Of all declared certificates together. */
  certificates: CertificateAnswer | null;
  /** The committed record, and what each region's gateway says to be in force. */
  routes: Pick<RouteRecord, 'epoch' | 'generation' | 'stamps' | 'detours' | 'pools'> | null;
  gateways: ReadonlyMap<string, GatewayReport | null>;
  /** Fresh ones; and by region the one before, of which lost log lines are told. */
  observations: readonly Observation[];
  earlier: ReadonlyMap<string, Observation>;
  /** Stamps that do worse than their siblings; null when nobody compares them. */
  grayStamps: ReadonlySet<string> | null;
  /** The last decision on who gets which part of the traffic, and who is refused; null before the first. */
  shares: Pick<SharesReport, 'stamps' | 'refused' | 'demand' | 'capacity'> | null;
}

/** Who looked, where it was the control plane itself. */
export const ownObserver = 'unit:control-plane';
