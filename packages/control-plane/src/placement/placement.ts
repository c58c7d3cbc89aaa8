import type {
  HostStatus,
  TaskRequestInput,
  TaskResult,
  UnitSpecInput,
  UnitStatus,
} from '@alwayson/protocol/units.ts';

/**
 * Where units run. One provider today (host processes, `host-placement.ts`); later Kubernetes. Every provider passes the
 * contract suite in test/placement/contract.ts.
 */
export interface ZoneObservation {
  zone: string;
  /** `refused`: nobody listens at the host's address, hard evidence that its process is gone. */
  contact: 'connected' | 'refused' | 'silent' | 'unknown';
  /** ISO 8601 of the last change of `contact`. */
  since: string;
  /** The last answer; stale when contact is not `connected`. */
  host: HostStatus | null;
}

export interface Placement {
  readonly zones: readonly string[];
  observe(zone: string): ZoneObservation;
  /** Called soon after any unit or host changed; the listener must not throw. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /** All below throw AON_UNREACHABLE when the host does not answer, or the code the host answered. */
  apply(zone: string, spec: UnitSpecInput): Promise<UnitStatus>;
  act(zone: string, unit: string, action: UnitAction): Promise<UnitStatus>;
  /** `signal` ends it, with all it started. */
  task(
    zone: string,
    unit: string,
    request: TaskRequestInput & { signal?: AbortSignal | undefined },
  ): Promise<TaskResult>;
  remove(zone: string, unit: string, options: { purge: boolean }): Promise<void>;
  log(zone: string, unit: string, options: { lines: number }): Promise<string>;
  startZone(zone: string): Promise<void>;
  outageZone(zone: string): Promise<void>;
}

/** `stop` answers when the process and its children are reaped: it is the fence. `kill` is SIGKILL for people who try things. */
export type UnitAction = 'start' | 'stop' | 'restart' | 'kill';
