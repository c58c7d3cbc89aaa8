import type { DrillReport } from '@alwayson/protocol/drills.ts';
import { expect, test } from 'vitest';
import { apiBase, safeRequests, writeRequests } from '../harness/catalog-load.ts';
import { isWhole } from '../harness/environment.ts';
import { describeFailures, failuresOf, percentile, startOpenLoop } from '../harness/open-loop.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** Recovery is rehearsed on a copy; who is copied serves on, and keeps the evidence. */
const catalog = useCatalog();

test.each(['planned', 'emergency', 'restore'] as const)('drill %s', async (mode) => {
  const { environment, items } = catalog;
  const { frontDoor: url, apiKey } = environment;
  const before = await environment.status();
  const safe = startOpenLoop({ url, requestsPerSecond: 20, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 2, next: writeRequests(items, apiKey) });
  const { exitCode, stdout, stderr } = await environment.cli('drill', mode, '--owner', 'scenario', '--json');
  const [asked, written] = [await safe.stop(), await writes.stop()];
  const drill = JSON.parse(stdout || '{}') as DrillReport;
  const latencies = asked.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE drill ${mode}: ${drill.state}, ${drill.reason ?? 'all well'}; ${drill.recovery?.phases.map(({ name, ms }) => `${name} ${ms}`).join(', ')}; RTO ${drill.recovery?.rtoMs} ms, ${JSON.stringify(drill.load)}; meanwhile ` +
      `${failuresOf(asked).length} of ${asked.length} safe requests and ${failuresOf(written).length} of ${written.length} writes of production failed, ` +
      `p99 ${percentile(latencies, 0.99).toFixed(0)} ms (${drill.phases?.map(({ name, ms }) => `${name} ${ms}`).join(', ')})\n`,
  );
  expect(drill, stderr.slice(-3000)).toMatchObject({ mode, owner: 'scenario' });
  // A status shows the beginning of it.
  expect(drill.release?.slice(0, before.release.length)).toBe(before.release);
  expect(drill.recovery?.state).toBe('succeeded');
  expect(drill.load?.lost).toBe(0);
  // On a small machine two environments leave a planned switch too little time, and writes of the copy are refused: then the drill has to say so.
  const isFelt = mode === 'planned' && drill.load?.failedRequests !== 0;
  expect({ exitCode, state: drill.state }).toEqual(
    isFelt ? { exitCode: 1, state: 'failed' } : { exitCode: 0, state: 'passed' },
  );
  expect(drill.load?.acknowledged).toBeGreaterThan(50);
  expect(describeFailures(failuresOf(asked))).toBe('');
  expect(describeFailures(failuresOf(written))).toBe('');
  // Nothing of it is left, and nothing of it reached the other.
  expect(JSON.parse((await environment.cli('env', '--json')).stdout)).toHaveLength(1);
  const after = await environment.until('whole', isWhole, 180_000);
  expect(after).toMatchObject({ writerRegion: before.writerRegion, release: before.release });
  const [filed] = JSON.parse((await environment.cli('drill', '--json')).stdout) as DrillReport[];
  expect(filed).toEqual(drill);
  const response = await fetch(`${url}${apiBase}?limit=5`);
  expect(response.status).toBe(200);
});

test('the plan of an emergency quotes the last drill', async () => {
  const { stdout } = await catalog.environment.cli('failover', 'east', '--emergency', '--plan', '--json');
  expect((JSON.parse(stdout) as { lastDrill: unknown }).lastDrill).toMatchObject({ lost: 0 });
});

test('a drill that is scheduled begins by itself, ends, and is filed', async () => {
  const { environment, items } = catalog;
  const run = async <T>(...args: string[]) => {
    const { exitCode, stdout, stderr } = await environment.cli('drill', ...args, '--json');
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout) as T;
  };
  const [filedBefore] = await run<DrillReport[]>();
  await environment.until('whole', isWhole, 180_000);
  const safe = startOpenLoop({
    url: environment.frontDoor,
    requestsPerSecond: 20,
    next: safeRequests(items),
  });
  await run('emergency', '--schedule', '* * * * *', '--owner', 'the calendar');
  const hasBegun = async () => (await environment.cli('events', '--limit', '200', '--json')).stdout;
  await expect.poll(hasBegun, { timeout: 150_000, interval: 2000 }).toContain('drill.started');
  await run('emergency', '--schedule', 'off');
  const isFiled = async () => (await run<DrillReport[]>())[0]?.startedAt !== filedBefore?.startedAt;
  await expect.poll(isFiled, { timeout: 400_000, interval: 5000 }).toBe(true);
  const [filed] = await run<DrillReport[]>();
  const asked = await safe.stop();
  process.stdout.write(
    `FIGURE scheduled drill: ${filed?.state}, RTO ${filed?.recovery?.rtoMs} ms, ${JSON.stringify(filed?.load)}; meanwhile ` +
      `${failuresOf(asked).length} of ${asked.length} safe requests of production failed\n`,
  );
  expect(filed).toMatchObject({ mode: 'emergency', owner: 'the calendar', state: 'passed' });
  expect(describeFailures(failuresOf(asked))).toBe('');
  expect(await run<unknown[]>('schedules')).toEqual([]);
  expect(JSON.parse((await environment.cli('env', '--json')).stdout)).toHaveLength(1);
});
