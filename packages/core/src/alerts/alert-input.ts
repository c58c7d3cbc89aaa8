import type { AlertKind } from '@alwayson/protocol/alerts.ts';
import type { Criticality, State } from '@alwayson/protocol/words.ts';

/** What alerting reads of an entity of the health model. */
export interface AlertEntity {
  id: string;
  /** Of the model: `flow` and `workload` are what suffers, everything else can be a cause. */
  kind: string;
  name: string;
  state: State;
  criticality?: Criticality | undefined;
  reason: string;
  /** Ids of the deepest entities whose own signals are bad; its own id, or none, when it is that itself. */
  rootCauses: readonly string[];
  /** `maintenance` and `draining` keep an alert from being opened, `starting` for a while; `flapping` keeps one from being resolved soon. */
  flags: readonly string[];
  /** What an alert on it is about. */
  alertKind: AlertKind;
  /** Of its bad signals. */
  values?: Readonly<Record<string, string | number>>;
}

/** Two windows (`1h`, `5m`) over which one error budget burns; it fires when both are above the threshold. */
export interface FiringPair {
  long: string;
  short: string;
  /** Over the long window, in budgets for the whole period. */
  rate: number | null;
  threshold: number;
  firing: boolean;
  severity: 'page' | 'ticket';
}

export interface FlowBurn {
  /** The flow's name. */
  flow: string;
  pairs: readonly FiringPair[];
  /** Its telemetry has been missing for longer than a total outage would take to fire. */
  isSilent: boolean;
}

export interface AlertInput {
  entities: readonly AlertEntity[];
  burns: readonly FlowBurn[];
}
