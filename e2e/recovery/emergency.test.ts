import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { describeFailures, failuresOf, type LoadResult } from '../harness/open-loop.ts';
import { expectAllThere, failover, loadDuring, otherRegion } from '../harness/recovery.ts';
import { killZone } from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** The region that writes is killed with everything in it, and the other one takes over when people say so. */
const catalog = useCatalog();

test('kill -9 of the region that writes: the other one writes after one command, and the lost one comes back', async () => {
  const { environment } = catalog;
  const { writerRegion: lost } = await environment.status();
  const region = await otherRegion(catalog);
  let killedToMs = 0;
  const startedAt = performance.now();
  const load = await loadDuring(catalog, async () => {
    const strikes = await Promise.all(
      [`${lost}-1`, `${lost}-2`].map((zone) => killZone(environment, zone)()),
    );
    await Promise.all(strikes.map(async (strike) => strike()));
    killedToMs = performance.now() - startedAt;
    const refused = await failover(environment, region, '--emergency');
    expect(refused.exitCode).toBe(3);
    const { exitCode, report, stderr } = await failover(
      environment,
      region,
      '--emergency',
      '--accept-data-loss',
    );
    expect(exitCode, stderr).toBe(0);
    expect(report).toMatchObject({ mode: 'emergency', state: 'succeeded', from: lost, to: region });
    expect((await environment.cli('revive', lost, '--json')).exitCode).toBe(0);
  });
  await expectAllThere(catalog, `region ${lost} killed`, load);
  // What was in flight through the gateway that died, and nothing after.
  const isLater = ({ dueMs }: LoadResult) => dueMs > killedToMs + 1000;
  expect(describeFailures(failuresOf(load.safe).filter(isLater))).toBe('');
});

test('failback: one command brings the writer home, and nobody who asks fails', async () => {
  const { environment } = catalog;
  const home = await otherRegion(catalog);
  let report: RecoveryReport | null = null;
  const load = await loadDuring(catalog, async () => {
    const { exitCode, stdout, stderr } = await environment.cli('failback', '--json');
    expect(exitCode, stderr).toBe(0);
    report = RecoveryReport.parse(JSON.parse(stdout));
  });
  process.stdout.write(`FIGURE failback: ${JSON.stringify(report)}\n`);
  expect(report).toMatchObject({ mode: 'planned', state: 'succeeded', to: home, lostWrites: 0 });
  await expectAllThere(catalog, 'failback', load);
  expect(describeFailures(failuresOf(load.safe))).toBe('');
  expect(describeFailures(failuresOf(load.writes))).toBe('');
});
