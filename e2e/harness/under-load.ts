import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@alwayson/protocol/operations.ts';
import { expect } from 'vitest';
import { acceptedOf, findDoubled, findLost, safeRequests, writeRequests } from './catalog-load.ts';
import { groupOf, type TestEnvironment, unitsOf, untilGroupEnded } from './environment.ts';
import { describeFailures, failuresOf, type LoadResult, percentile, startOpenLoop } from './open-loop.ts';
import type { Catalog } from './use-catalog.ts';

export interface HarmReport {
  safe: LoadResult[];
  writes: LoadResult[];
  /** When the harm began, and when it was done: what was killed needs a moment to die. On the clock of `dueMs`. */
  harmedAtMs: number;
  harmedToMs: number;
}

/** Requests per second. */
interface Rates {
  safe: number;
  writes: number;
}
export const halfOfTheLoad: Rates = { safe: 100, writes: 25 };
export const allOfTheLoad: Rates = { safe: 200, writes: 50 };
/** `npm test` runs where others work too, and finds with half of the load what it is to find. */
const usualRates = process.env.ALWAYSON_E2E === undefined ? halfOfTheLoad : allOfTheLoad;
/** Fresh processes are slow at first. */
const warmUpMs = 6000;
const watchedMs = 6000;

/** Finds what is to be harmed before the load starts; what it returns does the harm at once, and ends when it is done. */
export type Aim = () => Promise<() => void | Promise<void>>;

/** Safe requests and writes, open loop, while harm is done. */
export async function loadWhile(
  { environment, items }: Catalog,
  aim: Aim,
  rates: Rates = usualRates,
): Promise<HarmReport> {
  const strike = await aim();
  const { frontDoor: url, apiKey } = environment;
  const safe = startOpenLoop({ url, requestsPerSecond: rates.safe, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: rates.writes, next: writeRequests(items, apiKey) });
  await sleep(warmUpMs); // part of the measure
  const harmedAtMs = safe.elapsedMs();
  let harmedToMs: number;
  try {
    await strike();
    harmedToMs = safe.elapsedMs();
    await sleep(watchedMs); // part of the measure
  } finally {
    await Promise.all([safe.stop(), writes.stop()]);
  }
  return { safe: await safe.stop(), writes: await writes.stop(), harmedAtMs, harmedToMs };
}

export interface Expectation {
  name: string;
  aim: Aim;
  /** A killed gateway may lose what was in flight on its own connections at that instant, for this long. */
  graceMs?: number;
}

/** Fails unless every safe request was answered and every accepted write is found afterwards, once. Prints the figures. */
export async function expectNothingLost(
  { environment, items }: Catalog,
  { name, aim, graceMs = 0 }: Expectation,
): Promise<HarmReport> {
  const beganAt = Date.now();
  const report = await loadWhile({ environment, items }, aim);
  const { harmedAtMs, harmedToMs } = report;
  // In flight while it died, or sent within the grace after it, and cut: an answer that says no comes from who still lives.
  const inGrace = ({ dueMs, latencyMs, status }: LoadResult) =>
    graceMs > 0 && status === null && dueMs + latencyMs > harmedAtMs && dueMs < harmedToMs + graceMs;
  const failed = failuresOf(report.safe);
  const failures = failed.filter((result) => !inGrace(result));
  const accepted = acceptedOf(report.writes);
  const lost = await findLost(environment.frontDoor, accepted);
  const doubled = await findDoubled(environment.frontDoor, items);
  const latencies = report.safe.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE ${name}: ${report.safe.length} safe requests, ${failures.length} failed` +
      `${graceMs > 0 ? ` (and ${failed.length - failures.length} while it died, ${(harmedToMs - harmedAtMs).toFixed(0)} ms)` : ''}, ` +
      `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(0)} ms, ` +
      `max ${Math.max(...latencies).toFixed(0)} ms; ${accepted.length} of ${report.writes.length} writes accepted, ` +
      `${lost.length} lost, ${doubled.length} doubled\n`,
  );
  if (failures.length + lost.length > 0) await printEvents(environment, beganAt);
  expect(describeFailures(failures)).toBe('');
  expect(describeFailures(lost)).toBe('');
  expect(doubled).toEqual([]);
  expect(accepted.length).toBeGreaterThan(report.writes.length / 2);
  return report;
}

/** What happened meanwhile, with the milliseconds since the load began: why a request failed is often the end of a process. */
export async function printEvents(environment: TestEnvironment, beganAt: number): Promise<void> {
  const { stdout } = await environment.cli('events', '--limit', '200', '--json');
  for (const { at, type, entity, message } of JSON.parse(stdout) as Event[]) {
    const sinceMs = Date.parse(at) - beganAt;
    if (sinceMs >= 0) process.stdout.write(`  ${sinceMs} ms ${type} ${entity}: ${message}\n`);
  }
}

type Unit = ReturnType<typeof unitsOf>[number];

/** SIGKILL of the first running unit that is wanted. */
export function killUnit(environment: TestEnvironment, choose: (unit: Unit) => boolean): Aim {
  return async () => {
    const unit = unitsOf(await environment.status()).find((one) => one.pid !== null && choose(one));
    const pid = unit?.pid;
    if (pid == null) throw new Error('No such unit runs.');
    return () => void process.kill(pid, 'SIGKILL');
  };
}

/** SIGKILL of a zone's whole process group, as a machine that loses power. */
export function killZone(environment: TestEnvironment, zone: string): Aim {
  return async () => {
    const { regions } = await environment.status();
    const pid = regions.flatMap((region) => region.zones).find(({ name }) => name === zone)?.hostPid;
    if (pid == null) throw new Error(`Zone ${zone} has no host process.`);
    const group = groupOf(pid);
    return () => {
      process.kill(-group, 'SIGKILL');
      return untilGroupEnded(group);
    };
  };
}

/** The longest silence between two acknowledged answers, in milliseconds. */
export function longestGapMs(results: readonly LoadResult[]): number {
  const times = results.map(({ dueMs, latencyMs }) => dueMs + latencyMs).toSorted((a, b) => a - b);
  return times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0);
}
