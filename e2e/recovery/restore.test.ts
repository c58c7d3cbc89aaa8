import { randomUUID } from 'node:crypto';
import type { BackupsReport } from '@alwayson/protocol/backups.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { acceptedOf, apiBase, findDoubled, findLost, safeRequests } from '../harness/catalog-load.ts';
import { isWhole } from '../harness/environment.ts';
import { keepFrozen } from '../harness/keep-frozen.ts';
import {
  describeFailures,
  failuresOf,
  type OpenLoop,
  percentile,
  startOpenLoop,
} from '../harness/open-loop.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** A backup has what was accepted and waited in the queue; a restore of it brings that back too, while everybody reads on. */
const catalog = useCatalog();
const count = 50;

/** Comments at 25 a second, each with a key of its own. */
async function comment(load: OpenLoop) {
  await expect.poll(() => load.elapsedMs(), { timeout: 30_000 }).toBeGreaterThan((count / 25) * 1000);
  const written = await load.stop();
  expect(describeFailures(failuresOf(written))).toBe('');
  return acceptedOf(written);
}

function startComments(): OpenLoop {
  const { environment, items } = catalog;
  return startOpenLoop({
    url: environment.frontDoor,
    requestsPerSecond: 25,
    next: (index) => ({
      path: `${apiBase}/${items[index % items.length]?.id}/comments`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ authorName: 'scenario', text: `comment ${index} ${randomUUID()}` }),
    }),
  });
}

async function run<T>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await catalog.environment.cli(...args, '--json');
  expect(exitCode, `${args.join(' ')}: ${stderr.slice(-2000)}${stdout.slice(0, 500)}`).toBe(0);
  return JSON.parse(stdout) as T;
}

test('what waited in the queues when a backup was made is there after its restore; what came later is not; nobody who reads fails', async () => {
  const { environment, items } = catalog;
  const { frontDoor } = environment;
  const frozen = keepFrozen(environment, ({ component }) => component === 'worker');
  let waiting: Awaited<ReturnType<typeof comment>>;
  try {
    waiting = await comment(startComments());
    await run('backup', 'create', '--note', 'with a full queue');
  } finally {
    await frozen.end();
  }
  const { backups } = await run<BackupsReport>('backup');
  const label = backups.find(({ note }) => note === 'with a full queue')?.label ?? '';
  expect(waiting.length).toBeGreaterThanOrEqual(count);
  expect(await findLost(frontDoor, waiting, 60_000)).toEqual([]);
  const later = await comment(startComments());
  expect(await findLost(frontDoor, later, 60_000)).toEqual([]);
  await environment.until('whole', isWhole, 180_000);

  const safe = startOpenLoop({ url: frontDoor, requestsPerSecond: 100, next: safeRequests(items) });
  const report = RecoveryReport.parse(
    await run('restore', '--to', label, '--accept-data-loss', '--reason', 'as was to be shown'),
  );
  const asked = await safe.stop();
  const lost = await findLost(frontDoor, waiting, 60_000);
  const gone = await findLost(frontDoor, later, 1000);
  const latencies = asked.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE restore of ${label}: ${report.state}, write gap ${report.writeGapMs} ms (${report.phases.map(({ name, ms }) => `${name} ${ms}`).join(', ')}); ` +
      `${failuresOf(asked).length} of ${asked.length} safe requests failed, p99 ${percentile(latencies, 0.99).toFixed(0)} ms; ` +
      `${lost.length} of ${waiting.length} that waited lost, ${gone.length} of ${later.length} later ones undone; ` +
      `${report.checks.map(({ name, state, detail }) => `${name} ${state}: ${detail}`).join('; ')}\n`,
  );
  expect(report.state).toBe('succeeded');
  expect(describeFailures(lost)).toBe('');
  expect(gone).toHaveLength(later.length);
  expect(await findDoubled(frontDoor, items)).toEqual([]);
  expect(describeFailures(failuresOf(asked))).toBe('');
  const queues = report.checks.filter(({ name }) => name.startsWith('queue of'));
  expect(queues.map(({ state }) => state)).toEqual(['pass', 'pass']);
  await environment.until('whole again', isWhole, 180_000);
  const verified = JSON.stringify(await run('backup', 'verify'));
  process.stdout.write(`FIGURE backup of what was restored: ${verified}\n`);
  expect(verified).toContain('"invariants"');
});
