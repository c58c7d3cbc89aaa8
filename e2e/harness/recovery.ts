import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { type RecoveryPlan, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect } from 'vitest';
import { acceptedOf, findDoubled, findLost, safeRequests, writeRequests } from './catalog-load.ts';
import { isWhole, type TestEnvironment } from './environment.ts';
import { describeFailures, failuresOf, type LoadResult, percentile, startOpenLoop } from './open-loop.ts';
import type { Catalog } from './use-catalog.ts';

export interface RecoveryLoad {
  safe: LoadResult[];
  writes: LoadResult[];
  accepted: LoadResult[];
}

const warmUpMs = 8000;
const wholeWithinMs = 180_000;

/**
 * 100 safe requests/s and 25 writes/s, from before something happens until the estate is whole again: two regions on two cores carry
 * that beside a move of the writer. With twice as much both cores are full, and what is measured is who gets none.
 */
export async function loadDuring(
  { environment, items }: Catalog,
  happen: () => Promise<void>,
): Promise<RecoveryLoad> {
  const { frontDoor: url, apiKey } = environment;
  const safe = startOpenLoop({ url, requestsPerSecond: 100, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 25, next: writeRequests(items, apiKey) });
  try {
    await sleep(warmUpMs); // part of the measure
    await happen();
    await environment.until('whole again', isWhole, wholeWithinMs);
  } finally {
    await Promise.all([safe.stop(), writes.stop()]);
  }
  const written = await writes.stop();
  return { safe: await safe.stop(), writes: written, accepted: acceptedOf(written) };
}

/** The region that does not write now. */
export async function otherRegion({ environment }: Pick<Catalog, 'environment'>): Promise<string> {
  const { regions, writerRegion } = await environment.status();
  return regions.find(({ name }) => name !== writerRegion)?.name ?? '';
}

/** While a backup of the environment's own runs, a switch is refused. */
async function untilReady(environment: TestEnvironment, region: string): Promise<void> {
  const deadline = Date.now() + wholeWithinMs;
  for (;;) {
    const { stdout } = await environment.cli('failover', region, '--plan', '--json');
    if ((JSON.parse(stdout) as RecoveryPlan).isReady) return;
    if (Date.now() > deadline) throw new Error(`No switch to ${region} may begin:\n${stdout}`);
    await sleep(2000);
  }
}

/** The command, to its end. */
export async function failover(environment: TestEnvironment, ...args: string[]) {
  const { exitCode, stdout, stderr } = await environment.cli('failover', ...args, '--json');
  const report = RecoveryReport.safeParse(JSON.parse(stdout || '{}')).data ?? null;
  if (report !== null) process.stdout.write(`FIGURE ${describe(report)}\n`);
  return { exitCode, report, stderr };
}

function describe({ mode, state, rtoMs, rpoMs, lostWrites, failedRequests, phases }: RecoveryReport): string {
  const steps = phases.map(({ name, ms }) => `${name} ${ms}`).join(', ');
  return `${mode}: ${state}, RTO ${rtoMs} ms (${steps}), RPO ${rpoMs} ms, ${lostWrites} lost, ${failedRequests} requests failed`;
}

/**
 * A switch to `region`, to the end of the command; `act` is called once, when a step of it runs. Answers whether it came to that: a step
 * may be too short to be met. Throws when no switch was begun.
 */
export async function switchAndAct(
  environment: TestEnvironment,
  { region, step, act }: { region: string; step: string; act: () => void | Promise<void> },
): Promise<boolean> {
  await untilReady(environment, region);
  const since = Date.now();
  let ended: Awaited<ReturnType<typeof failover>> | undefined;
  const command = failover(environment, region).then((result) => (ended = result));
  const wasMet = await meetStep(environment, { since, step, act, isOver: () => ended !== undefined });
  await command;
  if ((await newestSwitch(environment, since)) === null)
    throw new Error(`No switch was begun: ${ended?.stderr}`);
  return wasMet;
}

async function meetStep(
  environment: TestEnvironment,
  {
    since,
    step,
    act,
    isOver,
  }: { since: number; step: string; act: () => void | Promise<void>; isOver: () => boolean },
): Promise<boolean> {
  while (!isOver()) {
    const operation = await newestSwitch(environment, since);
    if (operation?.steps.some(({ name, state }) => name === step && state === 'running')) {
      await act();
      return true;
    }
    if (operation !== null && operation.state !== 'running') return false;
    await sleep(5);
  }
  return false;
}

/** Of those that began after this moment (Unix ms); null while there is none, or nobody answers. */
export async function newestSwitch(
  { console: api }: TestEnvironment,
  since: number,
): Promise<Operation | null> {
  const operations = await fetch(`${api}/api/operations`, { signal: AbortSignal.timeout(2000) })
    .then((response) => response.json() as Promise<Operation[]>)
    .catch(() => []);
  const isSwitch = ({ kind, startedAt }: Operation) =>
    kind.endsWith('failover') && kind !== 'database-failover' && Date.parse(startedAt) >= since;
  return operations.find(isSwitch) ?? null;
}

/** Prints what users felt, and fails when an accepted write is not found, or found twice. */
export async function expectAllThere(
  { environment, items }: Catalog,
  name: string,
  { safe, writes, accepted }: RecoveryLoad,
): Promise<void> {
  const lost = await findLost(environment.frontDoor, accepted);
  const doubled = await findDoubled(environment.frontDoor, items);
  const latencies = safe.map(({ latencyMs }) => latencyMs);
  const waits = accepted.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE ${name}: ${failuresOf(safe).length} of ${safe.length} safe requests failed, p99 ${percentile(latencies, 0.99).toFixed(0)} ms; ` +
      `${failuresOf(writes).length} of ${writes.length} writes failed, the longest wait ${Math.max(...waits).toFixed(0)} ms; ` +
      `${lost.length} of ${accepted.length} accepted lost, ${doubled.length} doubled\n`,
  );
  expect(describeFailures(lost)).toBe('');
  expect(doubled).toEqual([]);
}
