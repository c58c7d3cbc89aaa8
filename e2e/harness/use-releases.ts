import { RolloutReport } from '@alwayson/protocol/releases.ts';
import { afterAll, beforeAll } from 'vitest';
import { acceptedOf, findLost, type Item, listItems, safeRequests, writeRequests } from './catalog-load.ts';
import { isWhole, startEnvironment, type TestEnvironment } from './environment.ts';
import { describeFailures, failuresOf, type LoadResult, percentile, startOpenLoop } from './open-loop.ts';
import { longestGapMs } from './under-load.ts';
import { createReleaseFolder, type Edits, type ReleaseFolder } from './release-folder.ts';

export interface Releases {
  environment: TestEnvironment;
  items: Item[];
}

/** An environment that runs a copy of the catalog, for all tests of a file. */
export function useReleases(edits: Edits): Releases {
  const made: Partial<Releases> & { folder?: ReleaseFolder } = {};
  beforeAll(async () => {
    made.folder = await createReleaseFolder(edits);
    made.environment = await startEnvironment({ config: made.folder.config });
    await made.environment.until('whole after up', isWhole, 120_000);
    made.items = await listItems(made.environment.frontDoor);
  });
  afterAll(async () => {
    await made.environment?.down();
    await made.folder?.remove();
  });
  return {
    get environment() {
      if (made.environment === undefined) throw new Error('The catalog is there only while a test runs.');
      return made.environment;
    },
    get items() {
      return made.items ?? [];
    },
  };
}

export interface DeployOrder {
  name: string;
  path: string;
  args: readonly string[];
  /** What is done to it on its way; the clock is that of `dueMs`. */
  meanwhile?: (elapsedMs: () => number) => Promise<void>;
}

export interface DeployResult {
  report: RolloutReport;
  exitCode: number;
  /** As counted by clients that know nothing of releases. */
  outside: { sent: number; failed: LoadResult[]; lostWrites: LoadResult[]; seconds: number };
}

/** Deploys as a developer does, under 200 safe requests/s and 20 writes/s, half over kept connections, and prints the figures. */
export async function deployUnderLoad(
  { environment, items }: Releases,
  { name, path, args, meanwhile }: DeployOrder,
): Promise<DeployResult> {
  const { frontDoor: url, apiKey } = environment;
  const safe = startOpenLoop({ url, requestsPerSecond: 200, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 20, next: writeRequests(items, apiKey) });
  try {
    const deploying = environment.cli('deploy', path, ...args, '--json');
    await meanwhile?.(safe.elapsedMs);
    const { stdout, stderr, exitCode } = await deploying;
    const report = await readReport(environment, { stdout, stderr });
    const asked = await safe.stop();
    const accepted = acceptedOf(await writes.stop());
    const lostWrites = await findLost(url, accepted);
    const failed = failuresOf(asked);
    const outside = { sent: asked.length, failed, lostWrites, seconds: safe.elapsedMs() / 1000 };
    print(name, { report, exitCode, outside }, asked);
    return { report, exitCode, outside };
  } finally {
    await Promise.all([safe.stop(), writes.stop()]);
  }
}

/** What the command printed; after a refusal that is an error, and the control plane is asked. */
async function readReport(
  environment: TestEnvironment,
  { stdout, stderr }: { stdout: string; stderr: string },
): Promise<RolloutReport> {
  const printed = RolloutReport.safeParse(toJson(stdout));
  if (printed.success) return printed.data;
  const response = await fetch(`${environment.console}/api/rollout`);
  const asked = RolloutReport.safeParse(await response.json());
  if (asked.success) return asked.data;
  throw new Error(`deploy printed no report:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function print(name: string, { report, outside }: DeployResult, asked: readonly LoadResult[]): void {
  const { state, lost, requests, longestGapMs: gapMs, reason, phases } = report;
  const latencies = asked.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE ${name}: ${state}, ${outside.failed.length} of ${outside.sent} safe requests failed, ` +
      `${outside.lostWrites.length} accepted writes lost, longest gap ${longestGapMs(asked).toFixed(0)} ms, ` +
      `p99 ${percentile(latencies, 0.99).toFixed(0)} ms; own report: ${lost} of ${requests} lost, ` +
      `gap ${gapMs} ms; ${outside.seconds.toFixed(0)} s (${phases.map((phase) => `${phase.name} ${phase.seconds}`).join(', ')})` +
      `${reason === undefined ? '' : `; because ${reason}`}\n` +
      (outside.failed.length > 0 ? `${describeFailures(outside.failed).slice(0, 1500)}\n` : ''),
  );
}
