import { setTimeout as delay } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type { ControlPlaneClient } from './control-plane-client.ts';

const pollMs = 200;
/** Who waits longer than this is told for what. */
const quietMs = 2000;

export interface AwaitOptions {
  deadlineMs: number;
  tell: (waitingFor: string) => void;
  signal?: AbortSignal;
}

/**
 * Waits until an operation has ended, across a restart of the control plane. `tell` gets what is being waited for, when it takes longer.
 * Throws AON_TIMEOUT, and when `signal` ends the waiting; the operation goes on then.
 */
export async function awaitOperation(
  client: Pick<ControlPlaneClient, 'operation'>,
  begun: Operation,
  { deadlineMs, tell, signal }: AwaitOptions,
): Promise<Operation> {
  const startedAt = performance.now();
  let operation = begun;
  let told = '';
  while (operation.state === 'running') {
    const elapsedMs = performance.now() - startedAt;
    const text = describeProgress(operation);
    if (elapsedMs >= deadlineMs)
      throw new AlwaysOnError(
        'AON_TIMEOUT',
        `${operation.title}: not done after ${deadlineMs / 1000} s (${text}).`,
      );
    if (elapsedMs >= quietMs && text !== told) tell(text);
    if (elapsedMs >= quietMs) told = text;
    await delay(pollMs, undefined, { signal });
    operation = await client.operation(operation.id).catch((error: unknown) => {
      if (error instanceof AlwaysOnError && error.code === 'AON_UNREACHABLE') return operation;
      throw error;
    });
  }
  return operation;
}

function describeProgress({ steps, title }: Operation): string {
  const step = steps.find(({ state }) => state === 'running');
  if (step === undefined) return title;
  return step.waitingFor === undefined ? step.name : `${step.name}: waiting for ${step.waitingFor}`;
}
