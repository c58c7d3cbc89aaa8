import { z } from 'zod';
import { Operation } from './operations.ts';

/**
 * Switches: an operator's word that something is not to be used, with a reason, an owner and an optional end. What they ask for is
 * one versioned record of the control plane, and it survives restarts.
 *
 * `off`: the stamp gets no traffic and its gateways hold it in maintenance once its requests have ended. `drain`: it gets nothing new.
 * `maintenance`: work is done there. Its stamps get nothing new, it is marked in the health model, and availability goes on being counted.
 * Maintenance of the whole workload is the mark alone: nothing else could carry the load.
 */
export const switchActions = ['off', 'drain', 'maintenance'] as const;
export const SwitchAction = z.enum(switchActions);
export type SwitchAction = z.infer<typeof SwitchAction>;

export const switchTargetKinds = ['stamp', 'region', 'zone', 'workload'] as const;
export const SwitchTarget = z.strictObject({ kind: z.enum(switchTargetKinds), name: z.string().min(1) });
export type SwitchTarget = z.infer<typeof SwitchTarget>;

const Reason = z.string().trim().min(1).max(500);
const Owner = z.string().trim().min(1).max(100);

export const Switch = z.strictObject({
  id: z.string(),
  target: SwitchTarget,
  action: SwitchAction,
  reason: Reason,
  owner: Owner,
  /** ISO 8601. A switch that is changed keeps it. */
  since: z.string(),
  /** ISO 8601: it ends by itself then. */
  until: z.string().optional(),
  /** Set although what remained could not carry the load. */
  override: z.boolean().optional(),
});
export type Switch = z.infer<typeof Switch>;

/** The record: at most one traffic switch (`off` or `drain`) and one maintenance per target. */
export const Switches = z.array(Switch);

/** A maintenance that was or is, as a note beside the availability figures of its time. */
export const MaintenanceSpan = z.strictObject({
  /** Of its switch. */
  id: z.string(),
  target: SwitchTarget,
  owner: Owner,
  reason: Reason,
  from: z.string(),
  to: z.string(),
});
export type MaintenanceSpan = z.infer<typeof MaintenanceSpan>;

/** What a request names. Without a kind the name decides; `workload` needs no name. */
export const SwitchTargetRequest = z.strictObject({
  kind: z.enum(switchTargetKinds).optional(),
  name: z.string().min(1).optional(),
});
export type SwitchTargetRequest = z.infer<typeof SwitchTargetRequest>;

export const SwitchRequest = z.strictObject({
  target: SwitchTargetRequest,
  action: SwitchAction,
  reason: Reason,
  owner: Owner,
  until: z.iso.datetime({ offset: true }).optional(),
  /** Do it although what remains cannot carry the load. */
  override: z.boolean().default(false),
});
export type SwitchRequest = z.infer<typeof SwitchRequest>;

export const SwitchEndRequest = z.strictObject({
  target: SwitchTargetRequest,
  /** `traffic` ends `off` and `drain`. */
  ends: z.enum(['traffic', 'maintenance']),
  owner: Owner,
  reason: Reason.optional(),
});
export type SwitchEndRequest = z.infer<typeof SwitchEndRequest>;

/** `operation` is null when there was nothing to change; else it runs, and `GET /api/operations/:id` tells how far it is. */
export const SwitchAnswer = z.object({
  changed: z.boolean(),
  message: z.string(),
  operation: Operation.nullable(),
  /** All that are in force, oldest first. */
  switches: Switches,
});
export type SwitchAnswer = z.infer<typeof SwitchAnswer>;
