import { rolloutPhases } from '@alwayson/protocol/releases.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, groupOf, isWhole, type TestEnvironment, unitsOf } from '../harness/environment.ts';
import { killIfThere } from '../harness/kill-if-there.ts';
import { describeFailures, type LoadResult } from '../harness/open-loop.ts';
import { createReleaseFolder, type ReleaseFolder, withProgram } from '../harness/release-folder.ts';
import { followPhases, orderAbort, readRollout } from '../harness/rollout-phases.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

/** A good release, to which something happens in every phase: it resumes or returns, and users feel nothing. */
const program = withProgram([5, 50, 100], 4);
const releases = useReleases(program);
let folder: ReleaseFolder;
let version = 0;
beforeAll(async () => {
  folder = await createReleaseFolder(program);
});
afterAll(() => folder?.remove());

interface Victim {
  name: string;
  strike: (environment: TestEnvironment) => Promise<void>;
  /** A killed gateway may lose what was in flight on its own connections at that instant, for this long. */
  graceMs: number;
}

const killUnit = (id: string) => async (environment: TestEnvironment) => {
  const pid = unitsOf(await environment.status()).find((unit) => unit.id === id)?.pid;
  if (pid != null) killIfThere(pid);
};

async function killControlPlane(environment: TestEnvironment): Promise<void> {
  const { witness } = await environment.status();
  const pid = witness.units.find(({ kind }) => kind === 'control-plane')?.pid;
  if (pid != null) killIfThere(pid);
}

const killZone = (name: string) => async (environment: TestEnvironment) => {
  const { regions } = await environment.status();
  const pid = regions.flatMap(({ zones }) => zones).find((zone) => zone.name === name)?.hostPid;
  if (pid == null) return;
  process.kill(-groupOf(pid), 'SIGKILL');
  await environment.cli('revive', name, '--json');
};

const victims: readonly Victim[] = [
  { name: 'the control plane', strike: killControlPlane, graceMs: 0 },
  { name: 'a gateway agent', strike: killUnit('gateway-agent-west'), graceMs: 0 },
  { name: 'a gateway', strike: killUnit('gateway-west'), graceMs: 300 },
  { name: 'a zone', strike: killZone('east-2'), graceMs: 0 },
];

async function deploy(name: string, meanwhile: (elapsedMs: () => number) => Promise<void>) {
  version += 1;
  await releases.environment.until('whole', isWhole, 180_000);
  await folder.edit({ 'release-note.txt': () => `release ${version}\n` });
  const args = ['--version', `m${version}`];
  return deployUnderLoad(releases, { name, path: folder.path, args, meanwhile });
}

test.each(victims)('kill -9 of $name in every phase', async ({ name, strike, graceMs }) => {
  const { environment } = releases;
  const before = (await readRollout(environment))?.id;
  const struckAt: number[] = [];
  const { report, outside } = await deploy(`kill -9 of ${name} in every phase`, (elapsedMs) =>
    followPhases(environment, {
      before,
      async onPhase() {
        struckAt.push(elapsedMs());
        await strike(environment);
      },
    }),
  );
  const inGrace = ({ dueMs, latencyMs, status }: LoadResult) =>
    status === null && struckAt.some((at) => dueMs + latencyMs > at && dueMs < at + graceMs);
  const failures = graceMs === 0 ? outside.failed : outside.failed.filter((result) => !inGrace(result));
  process.stdout.write(
    `FIGURE kill -9 of ${name}: struck ${struckAt.length} times, ended as ${report.state}\n`,
  );
  expect(struckAt.length).toBeGreaterThan(6);
  expect(['succeeded', 'undone']).toContain(report.state);
  expect(describeFailures(failures)).toBe('');
  expect(outside.lostWrites).toEqual([]);
  const status = await environment.until('whole again', isWhole, 180_000);
  expect(new Set(status.stamps.map((stamp) => stamp.release))).toEqual(new Set([status.release]));
});

/** The order was taken, and is carried out from now on. */
const ordered = 202;
/** From `contract` on there is only forward. */
const abortable = rolloutPhases.slice(0, rolloutPhases.indexOf('contract'));

test.each(abortable)('abort in the phase %s', async (phase) => {
  const { environment } = releases;
  const { id, live } = { ...(await readRollout(environment)), live: (await environment.status()).release };
  let answer: number | undefined;
  const { report, outside } = await deploy(`abort in the phase ${phase}`, () =>
    followPhases(environment, {
      before: id,
      async onPhase(now) {
        if (now === phase) answer ??= await orderAbort(environment);
      },
    }),
  );
  expect(outside.failed).toEqual([]);
  expect(outside.lostWrites).toEqual([]);
  const status = await environment.until('whole again', isWhole, 180_000);
  // It may have been too short to be met, or over when the order came: then it went on.
  if (answer !== ordered) expect(report.state).toBe('succeeded');
  else {
    expect(report.state).toBe('undone');
    expect(status.release).toBe(live);
  }
  expect(new Set(status.stamps.map((stamp) => stamp.release))).toEqual(new Set([status.release]));
  process.stdout.write(
    `FIGURE abort in the phase ${phase}: answered ${answer ?? 'nothing, for it was not met'}\n`,
  );
});

test('two deploys at once: one after the other', async () => {
  const { environment } = releases;
  const other = await createReleaseFolder(program);
  try {
    await other.edit({ 'release-note.txt': () => 'the other one\n' });
    const before = (await readRollout(environment))?.id;
    let second: Promise<CliResult> | undefined;
    const { report, outside } = await deploy('two deploys at once', async () => {
      await followPhases(environment, {
        before,
        async onPhase() {
          second ??= environment.cli('deploy', other.path, '--version', 'other', '--json');
        },
      });
      await second;
    });
    const answer = await second;
    process.stdout.write(
      `FIGURE the second deploy: ${answer?.stdout.slice(0, 300)}\n${answer?.stderr.slice(-600)}\n`,
    );
    expect(report.state).toBe('succeeded');
    expect(answer?.exitCode).toBe(0);
    expect(JSON.parse(answer?.stdout ?? '{}')).toMatchObject({ state: 'succeeded', live: 'other' });
    expect(outside.failed).toEqual([]);
    await environment.until('whole again', isWhole, 180_000);
  } finally {
    await other.remove();
  }
});
