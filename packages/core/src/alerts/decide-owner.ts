import type { Alert, AlertKind, AlertSeverity } from '@alwayson/protocol/alerts.ts';
import type { PersonRole } from '@alwayson/protocol/words.ts';
import type { AlertPolicy } from './alert-policy.ts';

/** Kinds that the people of the workload's code know best; the rest is the platform's. */
const workloadKinds: ReadonlySet<AlertKind> = new Set([
  'stamp-unhealthy',
  'stamp-gray',
  'worker-lagging',
  'error-budget-burning',
  'flow-unhealthy',
]);

/** Who is asked when nobody has the role. */
const standIns: readonly PersonRole[] = ['head-of-operations', 'platform', 'workload'];

/** Whose alert this is: a page goes to operations, the rest to who knows the thing, unless the manifest says otherwise. */
export function decideOwner(kind: AlertKind, severity: AlertSeverity, policy: AlertPolicy): Alert['owner'] {
  const rule = policy.settings.owners.find(
    ({ severities, kinds }) => severities.includes(severity) && (kinds.length === 0 || kinds.includes(kind)),
  );
  const role = rule?.role ?? decideRole(kind, severity);
  const person = [role, ...standIns]
    .map((wanted) => policy.people.find((candidate) => candidate.role === wanted))
    .find((found) => found !== undefined);
  return person ?? { role, name: policy.fallbackOwner, contact: policy.fallbackOwner };
}

function decideRole(kind: AlertKind, severity: AlertSeverity): PersonRole {
  if (severity === 'page') return 'head-of-operations';
  return workloadKinds.has(kind) ? 'workload' : 'platform';
}
