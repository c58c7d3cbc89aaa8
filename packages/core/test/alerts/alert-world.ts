import type { Alert } from '@alwayson/protocol/alerts.ts';
import type { Criticality, State } from '@alwayson/protocol/words.ts';
import type { AlertEntity, AlertInput, FiringPair, FlowBurn } from '../../src/alerts/alert-input.ts';
import { type AlertChange, type AlertMemory, emptyAlertMemory } from '../../src/alerts/alert-memory.ts';
import type { AlertPolicy } from '../../src/alerts/alert-policy.ts';
import { decideAlerts } from '../../src/alerts/decide-alerts.ts';

export const policy: AlertPolicy = {
  settings: { owners: [], renotifyMinutes: 60, runbookBase: 'docs/runbooks' },
  people: [
    { role: 'head-of-operations', name: 'Operations', contact: 'ops@example.com' },
    { role: 'workload', name: 'Team', contact: 'team@example.com' },
  ],
  fallbackOwner: 'Hearth & Trail',
};

export function entityOf(id: string, more: Partial<AlertEntity> = {}): AlertEntity {
  const [kind = '', name = ''] = id.split(':');
  const alertKind = kind === 'flow' || kind === 'workload' ? 'flow-unhealthy' : 'unit-unhealthy';
  const well = { id, kind, name, state: 'healthy' as const, reason: '', rootCauses: [], flags: [] };
  return { ...well, alertKind, ...more };
}

/** `flowOf('buy', 'high unhealthy', 'unit:pg')`: how critical it is, how it is, and what it suffers from. */
export function flowOf(name: string, is: `${Criticality} ${State}`, ...rootCauses: string[]) {
  const [criticality, state] = is.split(' ') as [Criticality, State];
  return entityOf(`flow:${name}`, { criticality, state, rootCauses });
}

export function pairOf(more: Partial<FiringPair> = {}): FiringPair {
  return { long: '1h', short: '5m', rate: 20, threshold: 13.4, firing: true, severity: 'page', ...more };
}

export function burnOf(flow: string, pairs: FiringPair[]): FlowBurn {
  return { flow, pairs, isSilent: false };
}

/** Alerting over virtual time: what the model says is given, a second at a time. Its memory goes through JSON at every step. */
export class AlertRun {
  memory: AlertMemory = emptyAlertMemory;
  alerts: Alert[] = [];
  readonly changes: AlertChange[] = [];
  now: number;
  readonly policy: AlertPolicy;

  constructor(options: Partial<AlertPolicy> = {}, now = Date.UTC(2026, 0, 1)) {
    this.policy = { ...policy, ...options };
    this.now = now;
  }

  /** One decision; what changed in it. */
  step(input: Partial<AlertInput>, ms = 1000): AlertChange[] {
    const memory = JSON.parse(JSON.stringify(this.memory)) as AlertMemory;
    const given = { entities: [], burns: [], ...input };
    const decision = decideAlerts(memory, given, { policy: this.policy, now: this.now });
    this.memory = decision.memory;
    this.alerts = decision.alerts;
    this.changes.push(...decision.changes);
    this.now += ms;
    return decision.changes;
  }

  /** The same input for so many seconds, and what changed in them: `opened unit:a page`. */
  hold(input: Partial<AlertInput>, seconds: number): string[] {
    return Array.from({ length: seconds }, () => this.step(input))
      .flat()
      .map(({ kind, alert }) => `${kind} ${alert.rootCause} ${alert.severity}`);
  }

  open(): Alert[] {
    return this.alerts.filter(({ state }) => state !== 'resolved');
  }
}
