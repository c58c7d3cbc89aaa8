import type { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { isWhole, unitsOf } from '../harness/environment.ts';
import { killIfThere } from '../harness/kill-if-there.ts';
import { describeFailures, failuresOf, type LoadResult, percentile } from '../harness/open-loop.ts';
import {
  expectAllThere,
  failover,
  loadDuring,
  newestSwitch,
  otherRegion,
  switchAndAct,
} from '../harness/recovery.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** The writer's region is changed under load, again and again, and while the control plane is killed. */
const catalog = useCatalog();
const rounds = 10;

test(`${rounds} switches back to back: no request fails, and nothing is lost`, async () => {
  const reports: (RecoveryReport | null)[] = [];
  const load = await loadDuring(catalog, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { exitCode, report, stderr } = await failover(catalog.environment, await otherRegion(catalog));
      expect(exitCode, stderr).toBe(0);
      reports.push(report);
      await catalog.environment.until('whole again', isWhole, 180_000);
    }
  });
  const gaps = reports.map((report) => report?.writeGapMs ?? Infinity);
  process.stdout.write(
    `FIGURE planned switches: write gap p50 ${percentile(gaps, 0.5)} ms, max ${Math.max(...gaps)} ms\n`,
  );
  await expectAllThere(catalog, `${rounds} planned switches`, load);
  expect(describeFailures(failuresOf(load.safe))).toBe('');
  expect(describeFailures(failuresOf(load.writes))).toBe('');
  for (const report of reports)
    expect(report).toMatchObject({ state: 'succeeded', lostWrites: 0, rpoMs: 0, failedRequests: 0 });
});

const steps = ['prepare', 'hold', 'stop', 'gate', 'commit', 'promote', 'open', 'follow'];

test.each(steps)('kill -9 of the control plane in the step %s', async (step) => {
  const { environment } = catalog;
  const region = await otherRegion(catalog);
  const since = Date.now();
  let wasThere = false;
  const load = await loadDuring(catalog, async () => {
    wasThere = await switchAndAct(environment, { region, step, act: killControlPlane });
  });
  const operation = await newestSwitch(environment, since);
  process.stdout.write(
    `FIGURE killed in ${step}${wasThere ? '' : ' (too short to be met)'}: ${operation?.state}\n`,
  );
  expect(operation?.state).toMatch(/^(succeeded|rolled-back)$/);
  const { writerRegion } = await environment.status();
  expect(writerRegion === region).toBe(operation?.state === 'succeeded');
  await expectAllThere(catalog, `control plane killed in ${step}`, load);
  expect(describeFailures(failuresOf(load.safe))).toBe('');
});

const victims = steps.flatMap((step) =>
  (['writer', 'candidate'] as const).map((victim) => ({ step, victim })),
);

test.each(victims)('kill -9 of the $victim in the step $step', async ({ step, victim }) => {
  const { environment } = catalog;
  const region = await otherRegion(catalog);
  const since = Date.now();
  const plan = await planOf(region);
  const id = plan[victim];
  const pid = unitsOf(await environment.status()).find((unit) => unit.id === id)?.pid;
  if (pid == null) throw new Error(`${id} has no process.`);
  const load = await loadDuring(catalog, async () => {
    await switchAndAct(environment, { region, step, act: () => killIfThere(pid) });
  });
  const operation = await newestSwitch(environment, since);
  process.stdout.write(`FIGURE ${victim} killed in ${step}: ${operation?.state}\n`);
  expect(operation?.state).not.toBe('running');
  await expectAllThere(catalog, `${victim} killed in ${step}`, load);
  expect(describeFailures(failuresOf(load.safe))).toBe('');
});

/** What was in flight through it, and for this long after: its connections are refused or reset until its sibling has them all. */
const gatewayGraceMs = 300;

test.each(steps)('kill -9 of a gateway in the step %s', async (step) => {
  const { environment } = catalog;
  const region = await otherRegion(catalog);
  const since = Date.now();
  const pid = unitsOf(await environment.status()).find(({ kind }) => kind === 'gateway')?.pid;
  if (pid == null) throw new Error('No gateway has a process.');
  let killedAt = Infinity;
  const startedAt = performance.now();
  const load = await loadDuring(catalog, async () => {
    const act = () => {
      killedAt = performance.now() - startedAt;
      killIfThere(pid);
    };
    await switchAndAct(environment, { region, step, act });
  });
  expect((await newestSwitch(environment, since))?.state).toMatch(/^(succeeded|rolled-back)$/);
  await expectAllThere(catalog, `gateway killed in ${step}`, load);
  const isCut = ({ status, dueMs, latencyMs }: LoadResult) =>
    status === null && dueMs + latencyMs > killedAt - 100 && dueMs < killedAt + gatewayGraceMs;
  expect(describeFailures(failuresOf(load.safe).filter((failed) => !isCut(failed)))).toBe('');
});

async function planOf(region: string): Promise<{ writer: string; candidate: string }> {
  const { stdout } = await catalog.environment.cli('failover', region, '--plan', '--json');
  return JSON.parse(stdout) as { writer: string; candidate: string };
}

async function killControlPlane(): Promise<void> {
  const { witness } = await catalog.environment.status();
  const pid = witness.units.find(({ kind }) => kind === 'control-plane')?.pid;
  if (pid == null) throw new Error('The control plane has no process.');
  process.kill(pid, 'SIGKILL');
}
