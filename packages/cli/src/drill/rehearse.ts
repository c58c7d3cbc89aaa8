import { setTimeout as delay } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { type FailoverQuery, type RecoveryMode, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';

export interface Rehearsal {
  report: RecoveryReport;
  /** Unix ms of a restore's target; null for other modes. */
  target: number | null;
}

export interface RehearsalContext {
  /** Of the copy. */
  client: ControlPlaneClient;
  owner: string;
  /** Ends the waiting. */
  signal: AbortSignal;
  note: (text: string) => void;
}

const readyWithinMs = 180_000;
const readyEveryMs = 1000;
const deadlineMs = 3_600_000;
/** Writes of before and after a restore's target, far enough from it that clocks cannot matter. */
const aroundTargetMs = 5000;

/** Until the operation might begin: copies of the database follow, doors are open, and a restore has a backup of the copy's own. */
export async function untilReady(context: RehearsalContext, mode: RecoveryMode): Promise<void> {
  const { client, owner } = context;
  await untilPlanReady(context, { region: await otherRegion(client), mode: 'planned' });
  if (mode === 'restore') await toEnd(context, await client.createBackup({ owner, note: 'for the drill' }));
}

async function untilPlanReady({ client, signal }: RehearsalContext, query: FailoverQuery): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const plan = await client.failoverPlan(query).catch(() => null);
    if (plan?.isReady === true) return;
    if (performance.now() >= deadline) {
      const missing = plan?.checks.filter(({ state }) => state === 'fail').map(({ detail }) => detail);
      throw new AlwaysOnError('AON_NOT_READY', `The copy did not get ready: ${missing?.join('; ') ?? '?'}`);
    }
    await delay(readyEveryMs, undefined, { signal });
  }
}

/** The very operation, on the copy. */
export async function rehearse(context: RehearsalContext, mode: RecoveryMode): Promise<Rehearsal> {
  const { client, owner, signal, note } = context;
  const { writerRegion } = await client.status();
  const region = await otherRegion(client);
  if (mode === 'planned') {
    const begun = await client.failover({ region, mode, acceptDataLoss: false, owner });
    return { report: await toReport(context, begun), target: null };
  }
  if (mode === 'emergency') {
    note(`Killing ${writerRegion} of the copy.`);
    await client.kill(writerRegion);
    // As who declares a region lost would: when the plan shows what that costs.
    await untilPlanReady(context, { region, mode });
    const begun = await client.failover({ region, mode, acceptDataLoss: true, owner });
    return { report: await toReport(context, begun), target: null };
  }
  const target = Date.now();
  await delay(aroundTargetMs, undefined, { signal }); // writes that it will undo
  const to = new Date(target).toISOString();
  const begun = await client.restore({ to, acceptDataLoss: true, owner });
  return { report: await toReport(context, begun), target };
}

async function otherRegion(client: ControlPlaneClient): Promise<string> {
  const { regions, writerRegion } = await client.status();
  const other = regions.find(({ name }) => name !== writerRegion);
  if (other !== undefined) return other.name;
  throw new AlwaysOnError('AON_NOT_READY', 'A drill needs a second region.');
}

async function toReport(context: RehearsalContext, begun: Operation): Promise<RecoveryReport> {
  const ended = await toEnd(context, begun, ['succeeded', 'rolled-back', 'failed']);
  const report = RecoveryReport.safeParse(ended.result);
  if (report.success) return report.data;
  throw toOperationError(ended);
}

async function toEnd(
  { client, signal, note }: RehearsalContext,
  begun: Operation,
  ends: readonly Operation['state'][] = ['succeeded'],
): Promise<Operation> {
  const ended = await awaitOperation(client, begun, {
    deadlineMs,
    signal,
    tell: (text) => note(`  ${text}`),
  });
  if (!ends.includes(ended.state)) throw toOperationError(ended);
  return ended;
}
