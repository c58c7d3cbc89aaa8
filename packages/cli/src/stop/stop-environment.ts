import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { createHostClients, createWitnessClient, findWitnessHost } from '../client/host-client.ts';
import { readEnvironmentIfSound } from '../environment/environment-file.ts';
import {
  describeProcess,
  findEnvironmentProcesses,
  isSameProcess,
  type ProcessEntry,
  toUnitName,
} from '../environment/process-table.ts';

const gracefulMs = 60_000;
const terminateMs = 10_000;
const killMs = 10_000;
const pollEveryMs = 200;
const tellEveryMs = 2000;
const namesMax = 5;

export interface StopOptions {
  stateDir: string;
  note: (text: string) => void;
  /** When it aborts, nothing is waited for any longer: SIGKILL. */
  hurry?: AbortSignal;
}

/**
 * Stops every process of the environment: the witness host is asked to do it in order; without a witness each zone's host is asked;
 * what is left then gets SIGTERM, at last SIGKILL. Returns how many processes there were: 0 when nothing ran.
 */
export async function stopEnvironment(options: StopOptions): Promise<number> {
  const { stateDir, note } = options;
  const running = findEnvironmentProcesses(stateDir).length;
  if (running === 0) return 0;
  note(`Stopping ${running} processes.`);
  // Passwords and addresses may be lost: stopping works without them.
  const environment = readEnvironmentIfSound(stateDir);
  const isAsked = environment !== undefined && (await askToStop(environment));
  if (isAsked && (await waitUntilGone(options, gracefulMs))) return running;
  for (const [signal, timeMs] of [
    ['SIGTERM', terminateMs],
    ['SIGKILL', killMs],
  ] as const) {
    if (sendSignal(stateDir, signal) > 0) note(`Not all of them stopped when asked: ${signal}.`);
    if (await waitUntilGone(options, timeMs)) return running;
  }
  const left = findEnvironmentProcesses(stateDir).map(({ pid }) => describeProcess(pid));
  throw new AlwaysOnError('AON_TIMEOUT', `These processes did not end: ${left.join(', ')}.`, {
    hint: 'They may hang in the kernel, on a disk for example. Try again, or restart the machine.',
  });
}

/** False when no host took the request. A request that is taken goes on by itself; its answer is that the processes are gone. */
async function askToStop(environment: Environment): Promise<boolean> {
  const options = { timeoutMs: gracefulMs };
  if (await findWitnessHost(environment)) {
    void createWitnessClient(environment)
      .shutdownAll(options)
      .catch(() => undefined);
    return true;
  }
  // Without its witness nobody restarts the control plane: it goes first, lest it brings zones back.
  const asked = createHostClients(environment)
    .slice(1)
    .map((host) => host.status({ timeoutMs: 2000 }).then(() => host));
  const hosts = (await Promise.allSettled(asked)).flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  stopOrphanedControlPlane(environment.stateDir);
  for (const host of hosts) void host.shutdown(options).catch(() => undefined);
  return hosts.length > 0;
}

function stopOrphanedControlPlane(stateDir: string): void {
  for (const entry of findEnvironmentProcesses(stateDir)) {
    if (describeProcess(entry.pid).includes('control-plane/src/main.ts')) signalProcess(entry, 'SIGTERM');
  }
}

async function waitUntilGone({ stateDir, note, hurry }: StopOptions, timeMs: number): Promise<boolean> {
  const deadline = performance.now() + timeMs;
  let toldAt = performance.now();
  let emptyLooks = 0;
  while (performance.now() < deadline) {
    const left = findEnvironmentProcesses(stateDir);
    // A process that was being started during one look shows in the next.
    emptyLooks = left.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return true;
    if (hurry?.aborted) for (const entry of left) signalProcess(entry, 'SIGKILL');
    if (left.length > 0 && performance.now() - toldAt > tellEveryMs) {
      note(`${left.length} still stopping: ${nameFew(left)}`);
      toldAt = performance.now();
    }
    await delay(emptyLooks > 0 ? 50 : pollEveryMs);
  }
  return false;
}

function nameFew(entries: readonly ProcessEntry[]): string {
  const names = [...new Set(entries.map(toUnitName))];
  return `${names.slice(0, namesMax).join(', ')}${names.length > namesMax ? ', ...' : ''}`;
}

function sendSignal(stateDir: string, signal: NodeJS.Signals): number {
  const left = findEnvironmentProcesses(stateDir);
  for (const entry of left) signalProcess(entry, signal);
  return left.length;
}

/** Its start time is looked at again: the number may have gone to another process meanwhile. */
function signalProcess(entry: ProcessEntry, signal: NodeJS.Signals): void {
  if (!isSameProcess(entry)) return;
  try {
    process.kill(entry.pid, signal);
  } catch {
    // It ended in between.
  }
}
